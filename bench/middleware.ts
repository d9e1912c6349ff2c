/**
 * What the middleware costs a request, beside bare Hono and beside @hono/otel with the SDK.
 *
 *     node bench/middleware.ts [SECONDS]
 *
 * Each app runs in a process of its own, since an SDK is global; they take turns. First `app.fetch` in a loop, then real
 * HTTP over 64 connections, the load coming from this process. What counts are the ratios, taken in one run.
 *
 * "calm" are 1,000 users who come once a day by a clock of the benchmark's; "as it comes" is `hedgerow()` with no
 * option and the system's clock: all requests from one address, one anomaly after the other.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { httpInstrumentationMiddleware } from '@hono/otel'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace'
import { type Context, Hono } from 'hono'
import { createHedgerow } from '../middleware/create.ts'
import { hedgerow } from '../middleware/index.ts'

const VARIANTS = ['bare', 'empty middleware', 'calm', 'as it comes', '@hono/otel', '@hono/otel, calm'] as const
type Variant = (typeof VARIANTS)[number]

const ROUNDS = 5
const CONNECTIONS = 64
const USERS = 1000
/** 2026-09-21, ten o'clock. */
const START_MS = 1_789_984_800_000
const REQUEST =
  'GET /users/7 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/124\r\n\r\n'

function appOf(variant: Variant): Hono {
  const app = new Hono()
  if (variant.startsWith('@hono/otel')) {
    const exporter: SpanExporter = {
      export: (_spans, done) => done({ code: 0 }),
      shutdown: () => Promise.resolve(),
    }
    new NodeSDK({ spanProcessors: [new BatchSpanProcessor({ exporter })], metricReaders: [] }).start()
    app.use(httpInstrumentationMiddleware())
  }
  if (variant.endsWith('calm')) {
    let requests = 0
    const identify = (): string => `user-${requests++ % USERS}`
    // Five events of half a minute each at ten o'clock, every day.
    const clock = (_c: Context): number => {
      const event = Math.floor(requests / USERS)
      return START_MS + Math.floor(event / 5) * 86_400_000 + (event % 5) * 30_000
    }
    app.use(createHedgerow({ identify }, clock))
  }
  if (variant === 'empty middleware') {
    app.use(async (_c, next) => {
      await next()
    })
  }
  if (variant === 'as it comes') app.use(hedgerow())
  return app.get('/users/:id', (c) => c.text('Hello'))
}

/** Microseconds of a request, without a network. */
async function loop(app: Hono, seconds: number): Promise<number> {
  const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/124' }
  const env = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
  const until = performance.now() + seconds * 1000
  const start = performance.now()
  let requests = 0
  while (performance.now() < until) {
    for (let i = 0; i < 200; i++) await app.fetch(new Request('http://localhost/users/7', { headers }), env)
    requests += 200
  }
  return ((performance.now() - start) * 1000) / requests
}

async function child(variant: Variant): Promise<void> {
  const app = appOf(variant)
  const port = await new Promise<number>((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) => resolve(info.port))
  })
  process.on('message', async (message: number | 'cpu') => {
    if (message !== 'cpu') return process.send?.(await loop(app, message))
    const { user, system } = process.cpuUsage()
    return process.send?.(process.env.SYS ? system : user)
  })
  process.on('SIGINT', () => process.exit(0))
  process.send?.(port)
}

const heard = (process: ChildProcess): Promise<number> => new Promise((resolve) => process.once('message', resolve))

function asked(process: ChildProcess, question: number | 'cpu'): Promise<number> {
  process.send(question)
  return heard(process)
}

/** Requests in that time over real HTTP. Responses are all of one length: bytes are counted, not parsed. */
async function load(port: number, seconds: number): Promise<number> {
  const length = await new Promise<number>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.length)
    })
  })
  let bytes = 0
  // Never sleeps: to wake a sleeper is dear, it falls on the server's account, and the faster the server the less it does.
  let spinning = true
  const spin = (): void => {
    if (spinning) setImmediate(spin)
  }
  spin()
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST))
    return socket.on('data', (data) => {
      bytes += data.length
      socket.write(REQUEST)
    })
  })
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const total = bytes
  spinning = false
  for (const socket of sockets) socket.destroy()
  return total / length
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

async function main(seconds: number): Promise<void> {
  const file = fileURLToPath(import.meta.url)
  const runs = VARIANTS.map((variant) => ({
    variant,
    process: fork(file, ['child', variant]),
    us: [0],
    rate: [0],
    cpu: [0],
  }))
  const ports = await Promise.all(runs.map(({ process }) => heard(process)))
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, run] of runs.entries()) {
      const slot = Math.max(round, 0) // the first round warms up
      run.us[slot] = await asked(run.process, seconds)
      const before = await asked(run.process, 'cpu')
      const requests = await load(ports[i] ?? 0, seconds)
      run.cpu[slot] = ((await asked(run.process, 'cpu')) - before) / requests
      run.rate[slot] = requests / seconds
    }
  }
  const bare = runs[0] ?? { us: [], rate: [], cpu: [] }
  console.log(
    `Node ${process.version}, ${ROUNDS} rounds of ${seconds} s, medians; all but the rate are of the server's process`,
  )
  console.log(`${''.padEnd(20)}app.fetch us    adds      HTTP CPU us    adds      HTTP requests/s   of bare`)
  for (const { variant, us, rate, cpu, process } of runs) {
    const figures = [median(us), median(us) - median(bare.us), median(cpu), median(cpu) - median(bare.cpu)]
    const shown = figures.map((figure, i) => figure.toFixed(1).padStart([12, 8, 17, 8][i] ?? 0)).join('')
    const share = `${((100 * median(rate)) / median(bare.rate)).toFixed(0)}%`
    const perSecond = Math.round(median(rate)).toLocaleString('en')
    console.log(variant.padEnd(20) + shown + perSecond.padStart(21) + share.padStart(10))
    process.kill()
  }
}

const [mode, variant] = process.argv.slice(2)
const chosen = VARIANTS.find((name) => mode === 'child' && name === variant)
if (chosen === undefined) await main(Number(mode ?? 1))
else await child(chosen)
