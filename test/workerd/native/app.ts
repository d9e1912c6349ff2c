import { Hono } from 'hono'
import { type HedgerowEnv, hedgerow } from '../../../middleware/index.ts'

// The Worker of test/middleware/native-span.test.ts. The tail Worker hears of each of its requests.

const app = new Hono<HedgerowEnv & { Bindings: { TAIL: Fetcher } }>()
app.get('/tailed', (c) => c.env.TAIL.fetch('http://tail/'))
app.use(hedgerow({ mode: 'enforce', flagAt: 0, flagHeader: 'x-anomaly' }))
app.post('/notes/:id', async (c) => c.json([c.var.anomaly, c.req.header('x-anomaly'), await c.req.text()]))
export default app
