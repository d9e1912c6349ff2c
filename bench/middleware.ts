/**
 * What the middleware costs a request, beside bare Hono and beside @hono/otel with the SDK.
 *
 *     node bench/middleware.ts [SECONDS]
 *
 * Each app runs in a process of its own, since an SDK is global; they take turns. First `app.fetch` in a loop, then real
 * HTTP over 64 connections, the load coming from this process. What counts are the ratios, taken in one run.
 *
 * "calm" are 1,000 users who come once a day by a clock of the benchmark's; "as it comes" is `hedgerow()` with no
 * option and the system's clock: all requests from one address, one anomaly after the other. "busy for 6 us" is the
 * yardstick: a middleware that only spins shows what the machine makes of so much time over HTTP.
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

const VARIANTS = [
  'bare',
  'empty middleware',
  'busy for 6 us',
  'calm',
  'as it comes',
  '@hono/otel',
  '@hono/otel, calm',
] as const
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
  if (variant === 'busy for 6 us') {
    app.use(async (_c, next) => {
      const until = performance.now() + 0.006
      while (performance.now() < until);
      await next()
    })
  }
  if (variant === 'as it comes') app.use(hedgerow())
  return app.get('/users/:id', (c) => c.text('Hello'))
}

/** Microseconds of a request without a network, of slices of 200 requests the 10th percentile. */
async function loop(app: Hono, seconds: number): Promise<number> {
  const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/124' }
  const env = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
  const slices: number[] = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const start = performance.now()
    for (let i = 0; i < 200; i++) await app.fetch(new Request('http://localhost/users/7', { headers }), env)
    slices.push((performance.now() - start) * 5)
  }
  return slices.toSorted((a, b) => a - b)[Math.floor(slices.length * 0.1)] ?? Number.NaN
}

async function child(variant: Variant): Promise<void> {
  const app = appOf(variant)
  const port = await new Promise<number>((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) => resolve(info.port))
  })
  process.on('message', async (seconds: number) => process.send?.(await loop(app, seconds)))
  process.send?.(port)
}

const heard = (process: ChildProcess): Promise<number> => new Promise((resolve) => process.once('message', resolve))

function looped(process: ChildProcess, seconds: number): Promise<number> {
  process.send(seconds)
  return heard(process)
}

/**
 * Requests a second over real HTTP: of slices of 20 ms the 90th percentile, since whatever else the machine does only
 * ever slows a slice down. Responses are all of one length: bytes are counted, not parsed.
 */
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
  const rates: number[] = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const [from, before] = [performance.now(), bytes]
    await new Promise((resolve) => setTimeout(resolve, 20))
    rates.push((bytes - before) / length / ((performance.now() - from) / 1000))
  }
  spinning = false
  for (const socket of sockets) socket.destroy()
  return rates.toSorted((a, b) => a - b)[Math.floor(rates.length * 0.9)] ?? Number.NaN
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

async function main(seconds: number): Promise<void> {
  const file = fileURLToPath(import.meta.url)
  const runs = VARIANTS.map((variant) => ({ variant, process: fork(file, ['child', variant]), us: [0], rate: [0] }))
  const ports = await Promise.all(runs.map(({ process }) => heard(process)))
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, run] of runs.entries()) {
      const slot = Math.max(round, 0) // the first round warms up
      run.us[slot] = await looped(run.process, seconds)
      run.rate[slot] = await load(ports[i] ?? 0, seconds)
    }
  }
  const bare = runs[0] ?? { us: [], rate: [] }
  console.log(`Node ${process.version}, ${ROUNDS} rounds of ${seconds} s, medians`)
  console.log(`${''.padEnd(20)}app.fetch us    adds      HTTP requests/s   of bare   adds us`)
  for (const { variant, us, rate, process } of runs) {
    const figures = [median(us).toFixed(1), (median(us) - median(bare.us)).toFixed(1)]
    figures.push(Math.round(median(rate)).toLocaleString('en'))
    figures.push(`${((100 * median(rate)) / median(bare.rate)).toFixed(0)}%`)
    figures.push((1e6 / median(rate) - 1e6 / median(bare.rate)).toFixed(1))
    console.log(variant.padEnd(20) + figures.map((figure, i) => figure.padStart([12, 8, 21, 10, 10][i] ?? 0)).join(''))
    process.kill()
  }
}

const [mode, variant] = process.argv.slice(2)
const chosen = VARIANTS.find((name) => mode === 'child' && name === variant)
if (chosen === undefined) await main(Number(mode ?? 1))
else await child(chosen)
