import { type HedgerowEnv, hedgerow } from 'hedgerow'
import * as engine from 'hedgerow/engine'
import * as model from 'hedgerow/model'
import { Hono } from 'hono'

// A stranger's app: `npm run check:package` copies it into an empty folder, installs the packed tarball there,
// type-checks and runs it.

const app = new Hono<HedgerowEnv>()
app.use(hedgerow({ identify: () => 'someone' }))
app.get('/', (c) => c.json({ state: c.var.anomaly.state, score: c.var.anomaly.score, outcome: c.var.anomaly.outcome }))

const response = await app.request('/')
const { state, score, outcome } = (await response.json()) as Record<string, unknown>
const sound = response.status === 200 && state === 'scored' && outcome === 'allow'
if (!sound || typeof score !== 'number' || !(score >= 0 && score <= 1)) {
  throw new Error(`wanted a scored request that passes, got ${response.status} ${state} ${score} ${outcome}`)
}
const names = Object.keys(engine).length + Object.keys(model).length
console.log(`a request was scored: ${score}; the engine and the model export ${names} names`)
