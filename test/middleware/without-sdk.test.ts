import * as api from '@opentelemetry/api'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { type HedgerowEnv, hedgerow } from '../../middleware/index.ts'
import { FLAG_ALL, watchedModel } from './app.ts'

// No SDK is registered in this file: the API package alone, which does nothing.

describe('without an OpenTelemetry SDK', () => {
  it('there is no active span, and decisions are made all the same', async () => {
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ identify: () => 'alice', hashUsers: { key: 'a key that is long enough' } }))
    app.get('/', (c) => c.json(c.var.anomaly))
    expect(api.trace.getActiveSpan()).toBeUndefined()
    expect(await (await app.request('/')).json()).toMatchObject({ state: 'scored', reasons: [] })
  })

  it('reasons are computed only for who reads them', async () => {
    const { model, explained } = watchedModel()
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ ...FLAG_ALL, identify: () => 'alice', model }))
    app.get('/', (c) => c.text(c.var.anomaly.outcome))
    app.get('/why', (c) => c.json([c.var.anomaly, c.var.anomaly.reasons.length]))
    for (let i = 0; i < 20; i++) await app.request('/')
    expect(explained()).toBe(0)
    const [decision, length] = (await (await app.request('/why')).json()) as [{ reasons: unknown[] }, number]
    expect(explained()).toBe(1)
    expect(length).toBeGreaterThan(5)
    // A decision is a value: it can be written out, reasons and all.
    expect(decision.reasons).toHaveLength(length)
    expect(decision.reasons[0]).toEqual({
      feature: expect.any(String),
      value: expect.anything(),
      expected: expect.anything(),
      contribution: expect.any(Number),
      text: expect.any(String),
    })
  })

  it('reasons are of the baseline as it was, whenever they are read', async () => {
    const decisions: { readonly reasons: readonly unknown[] }[] = []
    const read: unknown[] = []
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ ...FLAG_ALL, identify: () => 'alice', onDecision: (decision) => decisions.push(decision) }))
    app.get('/now', (c) => {
      read.push(structuredClone(c.var.anomaly.reasons))
      return c.text('hello')
    })
    for (let i = 0; i < 10; i++) await app.request('/now')
    expect(decisions.map(({ reasons }) => reasons)).toEqual(read)
    expect(new Set(read.map((reasons) => JSON.stringify(reasons))).size).toBeGreaterThan(1)
  })

  it('a logger or meter of the application’s that fails harms no request', async () => {
    const thrown = (): never => {
      throw new Error('exporter gone')
    }
    const app = new Hono<HedgerowEnv>()
    const instrument = { add: thrown, record: thrown }
    const meter = { createCounter: () => instrument, createHistogram: () => instrument } as never
    app.use(hedgerow({ ...FLAG_ALL, identify: () => 'alice', meter, logger: { emit: thrown } }))
    app.get('/', (c) => c.text('hello'))
    expect((await app.request('/')).status).toBe(200)
  })
})
