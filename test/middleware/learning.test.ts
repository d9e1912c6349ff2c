import { type ExecutionContext, Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createHedgerow } from '../../middleware/create.ts'
import { type HedgerowEnv, type HedgerowOptions, hedgerow, MemoryStore } from '../../middleware/index.ts'
import { defaultModel } from '../../model/default.ts'
import { Detector } from '../../src/detector.ts'
import { type BehaviorEvent, dayOfWeek, hourOfDay } from '../../src/event.ts'
import { layoutIdOf } from '../../src/model.ts'
import { last, MONDAY_TEN_MS, testApp } from './app.ts'
import { RemoteStore, WatchedStore } from './stores.ts'

const model = defaultModel()
const layout = { id: layoutIdOf(model), width: model.featureSet.layout.width }

describe('learning', () => {
  it('comes after scoring: an event is never held against itself', async () => {
    const { ask, seen } = testApp()
    for (let i = 0; i < 3; i++) await ask('alice')
    expect(seen.map(({ baseline }) => baseline.events)).toEqual([0, 1, 2])
  })

  it('comes after the handler has answered', async () => {
    const store = new WatchedStore()
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ store, identify: () => 'alice' }))
    let during: number | undefined
    app.get('/', (c) => {
      during = store.updates.length
      return c.text('hello')
    })
    await app.request('/')
    expect([during, store.updates.length]).toEqual([0, 1])
  })

  it('is each user’s own', async () => {
    const { ask, seen } = testApp()
    for (const user of ['alice', 'bob', 'alice', 'carol', 'alice']) await ask(user)
    expect(seen.map(({ baseline }) => baseline.events)).toEqual([0, 0, 1, 0, 2])
  })

  it('goes with the mode and with flags, but not with what was not scored', async () => {
    const store = new WatchedStore()
    const { ask } = testApp({ store, flagAt: 0, mode: 'enforce', classify: (c) => c.req.query('type') })
    await ask('alice')
    await ask('alice', '/?type=purchase')
    expect(store.updates).toEqual(['alice'])
  })

  it('happens though the handler fails', async () => {
    const store = new WatchedStore()
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ store, identify: () => 'alice' }))
    app.get('/error', () => {
      throw new Error('a handler’s own')
    })
    app.get('/text', () => Promise.reject('not even an error'))
    app.onError((_error, c) => c.text('sorry', 500))
    expect((await app.request('/error')).status).toBe(500)
    await expect(async () => app.request('/text')).rejects.toBe('not even an error')
    expect(store.updates).toEqual(['alice', 'alice'])
  })

  it('does the very thing that a detector does with the same events by itself', async () => {
    const times = Array.from(
      { length: 40 },
      (_, i) => MONDAY_TEN_MS + Math.floor(i / 4) * 43_200_000 + (i % 4) * 20_000,
    )
    const store = new MemoryStore()
    const test = testApp({ store, explain: true })
    const detector = new Detector(model)
    const baseline = new Float32Array(layout.width)
    for (const [i, timestampMs] of times.entries()) {
      test.nowMs = timestampMs
      await test.ask('alice', `/page/${i}`, { headers: { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4)' } })
      const event: BehaviorEvent = {
        userId: 'alice',
        eventType: 'view',
        deviceType: 'mobile',
        hourOfDay: hourOfDay(timestampMs),
        dayOfWeek: dayOfWeek(timestampMs),
        sessionDurationSec: undefined,
        eventsInSession: undefined,
        timestampMs,
      }
      const verdict = detector.judge(event, baseline, true)
      const { score, percentile, isAnomaly, reasons } = last(test.seen)
      expect({ score, percentile, isAnomaly, reasons }).toEqual({
        score: verdict.score,
        percentile: verdict.percentile,
        isAnomaly: verdict.isAnomaly,
        reasons: verdict.reasons,
      })
      detector.learn(event, baseline, verdict)
    }
    expect(store.open(layout).read('alice')).toEqual(baseline)
  })

  it('loses nothing where requests of one user overlap', async () => {
    const store = new MemoryStore()
    const app = new Hono<HedgerowEnv>()
    app.use(createHedgerow({ store, identify: (c) => c.req.query('user') }, () => MONDAY_TEN_MS))
    app.get('/', async (c) => {
      await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()))
      return c.json(c.var.anomaly.baseline.events)
    })
    const users = Array.from({ length: 300 }, (_, i) => `user${i % 3}`)
    await Promise.all(users.map((user) => app.request(`/?user=${user}`)))
    const events = await Promise.all(['user0', 'user1', 'user2'].map((user) => app.request(`/?user=${user}`)))
    expect(await Promise.all(events.map((response) => response.json()))).toEqual([100, 100, 100])
  })
})

describe('learning in an asynchronous store', () => {
  function appOn(store: RemoteStore, options: HedgerowOptions = {}): Hono<HedgerowEnv> {
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ store, identify: () => 'alice', budgetMs: 1000, ...options }))
    return app.get('/', (c) => c.json(c.var.anomaly.state))
  }

  /** What a platform hands over that wants to know of work that goes on. */
  function platform(): ExecutionContext & { readonly waited: Promise<unknown>[] } {
    const waited: Promise<unknown>[] = []
    return {
      waited,
      waitUntil: (p: Promise<unknown>) => void waited.push(p),
      passThroughOnException: () => undefined,
      props: {},
    }
  }

  it('does not hold up the response, and is handed to waitUntil', async () => {
    const store = new RemoteStore()
    store.updateMs = 50
    const ctx = platform()
    expect(await (await appOn(store).request('/', {}, {}, ctx)).json()).toBe('scored')
    expect([store.updates, ctx.waited.length]).toEqual([0, 1])
    await Promise.all(ctx.waited)
    expect(store.updates).toBe(1)
  })

  it('needs no execution context', async () => {
    const store = new RemoteStore()
    expect(await (await appOn(store).request('/')).json()).toBe('scored')
    await expect.poll(() => store.updates).toBe(1)
  })

  it('may fail without the request hearing of it', async () => {
    const store = new RemoteStore()
    store.failsToUpdate = true
    const ctx = platform()
    expect((await appOn(store).request('/', {}, {}, ctx)).status).toBe(200)
    expect(await Promise.all(ctx.waited)).toEqual([undefined])
  })

  it('hands over what onDecision has begun, too', async () => {
    let done = false
    const ctx = platform()
    const onDecision = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      done = true
    }
    const app = new Hono().use(hedgerow({ onDecision })).get('/', (c) => c.text('hello'))
    await app.request('/', {}, {}, ctx)
    await Promise.all(ctx.waited)
    expect(done).toBe(true)
  })
})
