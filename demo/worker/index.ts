// The example app of examples/worker, for a replay of simulated users.

import { jwt } from 'hono/jwt'
import { routes } from '../../examples/worker/routes.ts'
import { demoApp } from './app.ts'

const app = demoApp({}, (c, next) => jwt({ secret: c.env.JWT_SECRET, alg: 'HS256' })(c, next))

app.route('/', routes)

export default app
