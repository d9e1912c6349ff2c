import { Hono, type Context } from 'hono'
import { createHedgerow } from './middleware/create.ts'
import { hedgerow } from './middleware/index.ts'
const mode = process.argv[2]
const app = new Hono()
let requests = 0
if (mode === 'calm') app.use(createHedgerow({ identify: () => `user-${requests++ % 1000}` }, (_c: Context) => { const e = Math.floor(requests/1000); return 1_789_984_800_000 + Math.floor(e/5)*86_400_000 + (e%5)*30_000 }))
if (mode === 'hot') app.use(hedgerow())
if (mode === 'empty') app.use(async (_c, next) => { await next() })
app.get('/users/:id', (c) => c.text('Hello'))
const env = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
const req = new Request('http://localhost/users/7', { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/124' } })
const best: number[] = []
for (let r = 0; r < 12; r++) { const s = performance.now(); for (let i = 0; i < 20000; i++) await app.fetch(req, env); best.push((performance.now()-s)/20) }
console.log(mode, 'best', Math.min(...best).toFixed(2), 'median', best.sort((a,b)=>a-b)[6].toFixed(2))
