// A Worker that knows how unusual each request is for the user who makes it. In an app of your own:
//
//     npm install hedgerow hono @opentelemetry/api
//     import { type HedgerowEnv, hedgerow } from 'hedgerow'

import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { type HedgerowEnv, hedgerow } from '../../middleware/index.ts'
import { routes } from './routes.ts'

interface Bindings {
  /** Set it with `wrangler secret put JWT_SECRET`; for `wrangler dev`, in a file `.dev.vars`. */
  JWT_SECRET: string
}

const app = new Hono<HedgerowEnv & { Bindings: Bindings }>()

// Who it is, first: everything but the front page wants a token, whose `sub` is the user.
app.use(async (c, next) => {
  if (c.req.path === '/') return next()
  return jwt({ secret: c.env.JWT_SECRET, alg: 'HS256' })(c, next)
})

// Then how unusual it is for them. Visitors of the front page are known by their address, as Cloudflare vouches for it.
// Nothing is blocked: the decision is on the trace, and in `c.var.anomaly` for the handlers to read.
app.use(hedgerow())

app.route('/', routes)

export default app
