import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Model } from '../../middleware/index.ts'
import { type Decision, type HedgerowEnv, type HedgerowOptions, hedgerow } from '../../middleware/index.ts'
import { defaultModel } from '../../model/default.ts'
import { BLOCK_ALL, last, testApp } from './app.ts'
import { RemoteStore } from './stores.ts'

const thrown = (): never => {
  throw new Error('alice@example.org, 192.0.2.1')
}
const rejected = (): Promise<never> => Promise.reject(new Error('alice@example.org, 192.0.2.1'))

/** The bundled model with a forest that fails. */
const brokenModel = (): Model => {
  const model = defaultModel()
  const forest = Object.create(model.forest, { score: { value: thrown } })
  return { ...model, forest }
}

const open = (methods: object): NonNullable<HedgerowOptions['store']> =>
  ({ open: () => ({ read: () => undefined, update: () => undefined, delete: () => false, ...methods }) }) as never

function slowStore(readMs: number): RemoteStore {
  const store = new RemoteStore()
  store.readMs = readMs
  return store
}

const FAILURES: readonly [string, HedgerowOptions, Decision['why']][] = [
  ['identify throws', { identify: thrown }, 'no_identity'],
  ['identify rejects', { identify: rejected }, 'no_identity'],
  ['nobody is known', { identify: () => undefined }, 'no_identity'],
  ['classify throws', { classify: thrown }, 'bad_event'],
  ['classify names a type that the model does not know', { classify: () => 'purchase' }, 'bad_event'],
  ['classify gives no text', { classify: () => 7 as never }, 'bad_event'],
  ['the store throws', { store: open({ read: thrown }) }, 'store'],
  ['the store rejects', { store: open({ read: rejected }) }, 'store'],
  ['the store hangs', { store: slowStore(Number.POSITIVE_INFINITY) }, 'timeout'],
  ['the store is slow', { store: slowStore(200) }, 'timeout'],
  ['the store gives back something else', { store: open({ read: () => new Float32Array(3) }) }, 'store'],
  ['the store gives back no numbers', { store: open({ read: (): unknown => 'broken' }) }, 'store'],
  ['the store gives back nothing as null', { store: open({ read: async (): Promise<unknown> => null }) }, 'store'],
  ['the model fails', { model: brokenModel() }, 'model'],
]

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(unhandled.splice(0)).toEqual([])
})

describe.each(FAILURES)('where %s', (_, options, why) => {
  it('the request passes unscored, and the decision says why', async () => {
    const { ask, seen } = testApp({ ...BLOCK_ALL, mode: 'enforce', budgetMs: 10, ...options })
    expect(await (await ask('alice')).text()).toBe('hello')
    expect(last(seen)).toMatchObject({
      state: 'not_scored',
      why,
      score: null,
      percentile: null,
      isAnomaly: false,
      outcome: 'allow',
      reasons: [],
    })
  })

  it('the request is blocked where that failure shall block, and says nothing of it', async () => {
    const onFailure = { [why ?? '']: 'block' } as const
    const { ask, seen } = testApp({ mode: 'enforce', budgetMs: 10, ...options, onFailure })
    const response = await ask('alice')
    expect(response.status).toBe(403)
    expect(Object.keys((await response.json()) as object)).toEqual(['type', 'title', 'status', 'id'])
    expect(seen).toEqual([])
  })

  it('observing lets it pass, and tells that it would have been blocked', async () => {
    const { ask, seen } = testApp({ budgetMs: 10, ...options, onFailure: { [why ?? '']: 'block' } })
    expect((await ask('alice')).status).toBe(200)
    expect(last(seen)).toMatchObject({ outcome: 'allow', wouldBe: 'block' })
  })
})

describe('one kind of failure', () => {
  it('does not block where another kind shall', async () => {
    const onFailure = { store: 'block', model: 'block' } as const
    const { ask, seen } = testApp({ mode: 'enforce', onFailure, identify: () => undefined })
    expect((await ask('alice')).status).toBe(200)
    expect(last(seen).why).toBe('no_identity')
  })
})

describe('an asynchronous store', () => {
  it('is waited for within the budget and no longer', async () => {
    const store = slowStore(3000)
    const { ask, seen } = testApp({ store, budgetMs: 20 })
    const start = performance.now()
    await ask('alice')
    const tookMs = performance.now() - start
    expect(last(seen).why).toBe('timeout')
    expect(tookMs).toBeGreaterThan(15)
    expect(tookMs).toBeLessThan(2000)
  })

  it('scores once it answers in time', async () => {
    const store = slowStore(5)
    const { ask, seen } = testApp({ store, budgetMs: 1000 })
    await ask('alice')
    expect(last(seen).state).toBe('scored')
  })

  it('may reject long after nobody is waiting any more', async () => {
    const store = slowStore(40)
    store.failsToRead = true
    const { ask, seen } = testApp({ store, budgetMs: 5 })
    await ask('alice')
    expect(last(seen).why).toBe('timeout')
    await new Promise((resolve) => setTimeout(resolve, 80)) // afterEach looks for the rejection
  })
})

describe('what the application does in its own functions', () => {
  it.each([
    ['throws', thrown],
    ['rejects', rejected],
  ])('onDecision that %s harms no request', async (_, onDecision) => {
    const { ask } = testApp({ onDecision })
    expect(await (await ask('alice')).text()).toBe('hello')
    await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it('onDecision is not waited for', async () => {
    const { ask } = testApp({ onDecision: () => new Promise(() => undefined) })
    expect((await ask('alice')).status).toBe(200)
  })

  it('onDecision hears of every decision, also of those without a score, before the handler runs', async () => {
    const heard: string[] = []
    const app = new Hono<HedgerowEnv>()
    app.use(
      hedgerow({
        identify: (c) => c.req.query('user'),
        onDecision: (decision, c) => heard.push(`${decision.state} ${c.req.path}`),
      }),
    )
    app.get('/', (c) => {
      heard.push('handler')
      return c.text('hello')
    })
    await app.request('/?user=alice')
    await app.request('/')
    expect(heard).toEqual(['scored /', 'handler', 'not_scored /', 'handler'])
  })

  it('skip that throws skips nothing', async () => {
    const { ask, seen } = testApp({ skip: thrown })
    await ask('alice')
    expect(last(seen).state).toBe('scored')
  })

  it('skip that gives a promise skips nothing: every promise is true', async () => {
    const { ask, seen } = testApp({ skip: (async () => true) as never })
    await ask('alice')
    expect(last(seen).state).toBe('scored')
  })
})
