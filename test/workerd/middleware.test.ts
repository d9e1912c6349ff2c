import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { Hono } from 'hono'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type BaselineStore,
  type Baselines,
  type HedgerowEnv,
  type HedgerowOptions,
  hedgerow,
  MemoryStore,
  type StoreLayout,
} from '../../middleware/index.ts'

/** A memory store that answers later, and says under which keys it was asked. */
class RemoteStore implements BaselineStore {
  readonly #inner = new MemoryStore({ maxUsers: 100 })
  readonly reads: string[] = []
  readonly updates: string[] = []

  open(layout: StoreLayout): Baselines {
    const inner = this.#inner.open(layout)
    return {
      read: async (key) => {
        this.reads.push(key)
        await scheduler.wait(1)
        return inner.read(key)?.slice()
      },
      update: async (key, change) => {
        await scheduler.wait(20)
        inner.update(key, change)
        this.updates.push(key)
      },
      delete: async (key) => inner.delete(key),
    }
  }
}

function appWith(options: HedgerowOptions): Hono<HedgerowEnv> {
  const app = new Hono<HedgerowEnv>()
  app.use(hedgerow({ budgetMs: 1000, ...options }))
  app.all('*', async (c) => c.json({ decision: c.var.anomaly, body: await c.req.text() }))
  return app
}

interface Answer {
  readonly decision: Record<string, unknown>
  readonly body: string
}

/** As workerd's fetch handler would call it. */
async function ask(app: Hono<HedgerowEnv>, init: RequestInit = {}, path = '/'): Promise<Response> {
  const ctx = createExecutionContext()
  const response = await app.fetch(new Request(`http://localhost${path}`, init), {}, ctx)
  await waitOnExecutionContext(ctx)
  return response
}

describe('the middleware in workerd', () => {
  it('runs with no option, on the bundled model', async () => {
    expect(navigator.userAgent).toBe('Cloudflare-Workers')
    const response = await ask(appWith({}), { headers: { 'cf-connecting-ip': '203.0.113.9' } })
    const { decision } = await response.json<Answer>()
    expect(decision).toMatchObject({ state: 'scored', mode: 'observe', outcome: 'allow', reasons: [] })
    expect(decision.score).toBeGreaterThan(0)
    expect(decision.score).toBeLessThan(1)
  })

  it('knows a client by the address that Cloudflare vouches for, and by no other', async () => {
    const store = new RemoteStore()
    const app = appWith({ store })
    await ask(app, { headers: { 'cf-connecting-ip': '203.0.113.9', 'x-forwarded-for': '198.51.100.1' } })
    await ask(app, { headers: { 'cf-connecting-ip': '2001:db8:1:2:3::4' } })
    const response = await ask(app, { headers: { 'x-forwarded-for': '198.51.100.1', 'x-real-ip': '198.51.100.1' } })
    expect((await response.json<Answer>()).decision).toMatchObject({ state: 'not_scored', why: 'no_identity' })
    expect(store.reads).toEqual(['address:203.0.113.9', 'address:2001:db8:1:2::/64'])
  })

  it('knows a client behind another proxy that the application trusts', async () => {
    const store = new RemoteStore()
    const app = appWith({ store, trustedProxies: 1 })
    // Cloudflare appends whom it was called by, which cf-connecting-ip says too.
    const headers = { 'cf-connecting-ip': '192.0.2.1', 'x-forwarded-for': 'forged, 203.0.113.9, 192.0.2.1' }
    await ask(app, { headers })
    await ask(app, { headers: { ...headers, 'x-forwarded-for': 'forged, 203.0.113.9' } })
    expect(store.reads).toEqual(['address:203.0.113.9', 'address:203.0.113.9'])
  })

  it('learns after the response, in waitUntil', async () => {
    const store = new RemoteStore()
    const app = appWith({ store, identify: () => 'alice' })
    const ctx = createExecutionContext()
    const response = await app.fetch(new Request('http://localhost/'), {}, ctx)
    expect(response.status).toBe(200)
    expect(store.updates).toEqual([])
    await waitOnExecutionContext(ctx)
    expect(store.updates).toEqual(['alice'])
    expect((await (await ask(app)).json<Answer>()).decision).toMatchObject({ baseline: { events: 1 } })
  })

  it('gives up on a store that hangs', async () => {
    const never = new Promise<undefined>(() => undefined)
    const hanging = { open: () => ({ read: () => never, update: () => undefined, delete: () => false }) }
    const response = await ask(appWith({ store: hanging, budgetMs: 10, identify: () => 'alice' }))
    expect((await response.json<Answer>()).decision).toMatchObject({ state: 'not_scored', why: 'timeout' })
  })

  it('blocks with nothing but an id', async () => {
    const app = appWith({ identify: () => 'alice', flagAt: 0, blockAt: 0, mode: 'enforce' })
    const response = await ask(app)
    expect([response.status, response.headers.get('cache-control')]).toEqual([403, 'no-store'])
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it('needs no execution context', async () => {
    const app = appWith({ store: new RemoteStore(), identify: () => 'alice', onDecision: async () => undefined })
    expect((await app.request('/')).status).toBe(200)
  })

  it('answers hostile requests', async () => {
    const app = appWith({ identify: () => 'alice' })
    for (const path of ['/%ff%fe', '/%', '/%zz', `/${'a'.repeat(8000)}`, '/a%00b', '/?a=%ff']) {
      const headers = { 'user-agent': 'Mobi'.repeat(2500), 'sec-ch-ua-mobile': '?'.repeat(100) }
      const { decision } = await (await ask(app, { headers }, path)).json<Answer>()
      expect([path, decision.state]).toEqual([path, 'scored'])
    }
  })
})

describe('OpenTelemetry in workerd', () => {
  const spans = new InMemorySpanExporter()

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
    )
  })
  beforeEach(() => spans.reset())

  it('exports the decision on the span of the request, learnt asynchronously or not', async () => {
    for (const store of [new MemoryStore(), new RemoteStore()]) {
      spans.reset()
      const app = appWith({ identify: () => 'alice', store, hashUsers: { key: 'a key that is long enough' } })
      const tracer = trace.getTracer('test')
      const response = await tracer.startActiveSpan('GET /', async (span) => {
        const answer = await ask(app)
        span.end()
        return answer
      })
      const { decision } = await response.json<Answer>()
      const finished = spans.getFinishedSpans()
      expect(finished).toHaveLength(1)
      expect(finished[0]?.attributes).toMatchObject({
        'anomaly.id': decision.id,
        'anomaly.state': 'scored',
        'anomaly.isolation_score': decision.score,
        'anomaly.is_anomaly': false,
        'user.hash': expect.stringMatching(/^[0-9a-f]{32}$/),
      })
    }
  })
})
