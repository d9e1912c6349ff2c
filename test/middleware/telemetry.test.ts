import { createHmac } from 'node:crypto'
import { httpInstrumentationMiddleware } from '@hono/otel'
import { context, type Span, trace } from '@opentelemetry/api'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AlwaysOffSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createHedgerow } from '../../middleware/create.ts'
import { type Decision, type HedgerowEnv, type HedgerowOptions, hedgerow } from '../../middleware/index.ts'
import { defaultModel } from '../../model/default.ts'
import { summaryOf } from '../../src/model.ts'
import { exchange, FLAG_ALL, get, last, listen, MONDAY_TEN_MS, watchedModel } from './app.ts'
import { RemoteStore } from './stores.ts'

const USER = 'alice@example.org'
const SECRET_PATH = '/notes/4711?token=hunter2'
const model = summaryOf(defaultModel())

const spans = new InMemorySpanExporter()
const logs = new InMemoryLogRecordExporter()
const points = new InMemoryMetricExporter(AggregationTemporality.DELTA)
const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 })

// Built, and asked, before the SDK is there.
const early = appWith({ flagAt: 0 })

const sdk = new NodeSDK({
  spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: logs })],
  metricReaders: [reader],
  autoDetectResources: false,
})

beforeAll(async () => {
  await ask(early)
  sdk.start()
})
afterAll(() => sdk.shutdown())
beforeEach(() => {
  spans.reset()
  logs.reset()
})

interface Told {
  readonly app: Hono<HedgerowEnv>
  readonly decisions: Decision[]
}

function appWith(options: HedgerowOptions): Told {
  const decisions: Decision[] = []
  const app = new Hono<HedgerowEnv>()
  app.use(async (c, next) => await httpInstrumentationMiddleware()(c, next))
  const onDecision = (decision: Decision): void => void decisions.push(decision)
  app.use(createHedgerow({ identify: () => USER, onDecision, ...options }, () => MONDAY_TEN_MS))
  app.get('/notes/:id', (c) => c.text('hello'))
  return { app, decisions }
}

async function ask({ app }: Told, path = SECRET_PATH): Promise<Response> {
  return await app.request(path, { headers: { 'x-forwarded-for': '203.0.113.9' } })
}

/** Our attributes on the one span that was exported. */
function exported(): Record<string, unknown> {
  const finished = spans.getFinishedSpans()
  expect(finished).toHaveLength(1)
  const { attributes } = last(finished)
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => /^(anomaly|user)\./.test(name)))
}

async function metricPoints(name: string): Promise<{ attributes: unknown; value: unknown }[]> {
  points.reset()
  await reader.forceFlush()
  return points
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .filter(({ scope }) => scope.name === 'hedgerow')
    .flatMap((scope) => scope.metrics)
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap((metric) => metric.dataPoints.map(({ attributes, value }) => ({ attributes, value })))
}

describe('the span that @hono/otel exports', () => {
  it('says how unusual a request is', async () => {
    const told = appWith({})
    await ask(told)
    const { id, score, percentile, threshold } = last(told.decisions)
    expect(exported()).toEqual({
      'anomaly.id': id,
      'anomaly.state': 'scored',
      'anomaly.isolation_score': score,
      'anomaly.is_anomaly': false,
      'anomaly.model_name': model.name,
      'anomaly.model.version': model.version,
      'anomaly.percentile': percentile,
      'anomaly.threshold': threshold,
      'anomaly.decision': 'allow',
      'anomaly.would_be': 'allow',
      'anomaly.mode': 'observe',
      'anomaly.baseline.level': 'population',
    })
  })

  it('names the features that count most, at most three and none of their values, on an anomaly', async () => {
    const told = appWith(FLAG_ALL)
    for (let i = 0; i < 30; i++) await ask(told)
    spans.reset()
    await ask(told)
    const { reasons } = last(told.decisions)
    const strongest = reasons.filter(({ contribution }) => contribution > 0).slice(0, 3)
    expect(strongest).toHaveLength(3)
    expect(exported()).toMatchObject({
      'anomaly.is_anomaly': true,
      'anomaly.decision': 'allow',
      'anomaly.would_be': 'flag',
      'anomaly.baseline.level': 'user',
      'anomaly.reasons': strongest.map(({ feature }) => feature),
    })
  })

  it('says why a request was not scored, and carries no score then: not even nought', async () => {
    const told = appWith({ identify: () => undefined })
    await ask(told)
    expect(exported()).toEqual({
      'anomaly.id': last(told.decisions).id,
      'anomaly.state': 'not_scored',
      'anomaly.why': 'no_identity',
      'anomaly.model_name': model.name,
      'anomaly.model.version': model.version,
      'anomaly.threshold': last(told.decisions).threshold,
      'anomaly.decision': 'allow',
      'anomaly.would_be': 'allow',
      'anomaly.mode': 'observe',
    })
  })

  it('says of a blocked request what the client may not know', async () => {
    const told = appWith({ ...FLAG_ALL, blockAt: 0, mode: 'enforce' })
    const response = await ask(told)
    expect(response.status).toBe(403)
    expect(exported()).toMatchObject({
      'anomaly.id': ((await response.json()) as { id: string }).id,
      'anomaly.decision': 'block',
      'anomaly.mode': 'enforce',
    })
  })

  it('carries nothing of a request that was skipped', async () => {
    await ask(appWith({ skip: () => true }))
    expect(exported()).toEqual({})
    expect(await metricPoints('anomaly.evaluations')).not.toContainEqual(
      expect.objectContaining({ attributes: expect.objectContaining({ 'anomaly.why': 'skipped' }) }),
    )
  })

  it('is the one of its own request where many overlap', async () => {
    const app = new Hono<HedgerowEnv>()
    app.use(httpInstrumentationMiddleware())
    app.use(hedgerow({ identify: (c) => c.req.query('user'), store: new RemoteStore(), budgetMs: 1000 }))
    app.get('/', (c) => c.json(c.var.anomaly.id))
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => app.request(`/?user=${i}`)))
    const ids = await Promise.all(answers.map((answer) => answer.json()))
    const told = spans.getFinishedSpans().map(({ attributes }) => [attributes['url.full'], attributes['anomaly.id']])
    expect(new Map(told as [string, string][])).toEqual(
      new Map(ids.map((id, i) => [`http://localhost/?user=${i}`, id])),
    )
  })

  it('is written to over real HTTP, too', async () => {
    const { app, decisions } = appWith({ identify: () => undefined })
    const { port, close } = await listen(app)
    await exchange(port, get('/notes/1'))
    await close()
    expect(last(decisions)).toMatchObject({ state: 'scored' })
    expect(exported()).toMatchObject({ 'anomaly.isolation_score': last(decisions).score })
  })
})

describe('the hash of a user', () => {
  const key = 'a key that is long enough'

  it('is a keyed one of his, on spans and log events, where the application wants it', async () => {
    await ask(appWith({ ...FLAG_ALL, hashUsers: { key } }))
    const hash = createHmac('sha256', key).update(USER).digest('hex').slice(0, 32)
    expect(exported()['user.hash']).toBe(hash)
    expect(last(logs.getFinishedLogRecords()).attributes['user.hash']).toBe(hash)
  })

  it('is another one with another key, and none where nobody is known', async () => {
    await ask(appWith({ hashUsers: { key: `${key}, and another` } }))
    const hash = createHmac('sha256', `${key}, and another`).update(USER).digest('hex').slice(0, 32)
    expect(exported()['user.hash']).toBe(hash)
    spans.reset()
    await ask(appWith({ hashUsers: { key }, identify: () => undefined }))
    expect(exported()).not.toHaveProperty('user.hash')
  })
})

describe('the log event', () => {
  it('tells of an anomaly, also where it was only observed, in the context of its span', async () => {
    const told = appWith(FLAG_ALL)
    await ask(told)
    const records = logs.getFinishedLogRecords()
    expect(records).toHaveLength(1)
    const { eventName, severityNumber, severityText, attributes, spanContext, instrumentationScope } = last(records)
    expect({ eventName, severityNumber, severityText, scope: instrumentationScope.name }).toEqual({
      eventName: 'anomaly.detected',
      severityNumber: 13,
      severityText: 'WARN',
      scope: 'hedgerow',
    })
    expect(attributes).toEqual(exported())
    expect(spanContext?.traceId).toBe(last(spans.getFinishedSpans()).spanContext().traceId)
  })

  it('tells of nothing else: neither what is usual nor what was not scored', async () => {
    await ask(appWith({}))
    await ask(appWith({ identify: () => undefined, onFailure: { no_identity: 'block' }, mode: 'enforce' }))
    expect(logs.getFinishedLogRecords()).toEqual([])
  })

  it('goes to the application’s own logger where it has given one', async () => {
    const own = new InMemoryLogRecordExporter()
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: own })] })
    await ask(appWith({ ...FLAG_ALL, logger: provider.getLogger('mine') }))
    expect(own.getFinishedLogRecords().map(({ eventName }) => eventName)).toEqual(['anomaly.detected'])
    expect(logs.getFinishedLogRecords()).toEqual([])
  })
})

describe('the metrics', () => {
  const dimensions = {
    'anomaly.decision': 'allow',
    'anomaly.would_be': 'allow',
    'anomaly.model.version': model.version,
    'http.route': '/notes/:id',
  }

  it('count evaluations and collect scores by decision, model and matched route', async () => {
    await metricPoints('anomaly.score') // whatever was before
    let newcomers = 0
    const told = appWith({ identify: () => `newcomer ${newcomers++}` })
    for (let i = 0; i < 3; i++) await ask(told, `/notes/${i}`)
    const scores = await metricPoints('anomaly.score')
    const sum = told.decisions.reduce((total, { score }) => total + (score ?? 0), 0)
    expect(scores).toEqual([
      { attributes: dimensions, value: expect.objectContaining({ count: 3, sum: expect.closeTo(sum, 10) }) },
    ])
  })

  it('count what was not scored by its reason, without a score', async () => {
    await metricPoints('anomaly.score')
    await ask(appWith({ identify: () => undefined }))
    points.reset()
    await reader.forceFlush()
    const told = points
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap((scope) => scope.metrics)
    const byName = new Map(told.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]))
    expect(byName.get('anomaly.evaluations')).toMatchObject([
      { attributes: { ...dimensions, 'anomaly.why': 'no_identity' }, value: 1 },
    ])
    expect(byName.get('anomaly.score') ?? []).toEqual([])
  })

  it('have one series for all paths that match no route', async () => {
    await metricPoints('anomaly.evaluations')
    const told = appWith({})
    for (let i = 0; i < 50; i++) await ask(told, `/no/such/${i}`)
    const evaluations = await metricPoints('anomaly.evaluations')
    expect(evaluations.map(({ attributes }) => (attributes as Record<string, unknown>)['http.route'])).toEqual(
      evaluations.map(() => '/*'),
    )
    expect(evaluations.reduce((total, { value }) => total + (value as number), 0)).toBe(50)
  })

  it('name the route of an app inside an app', async () => {
    await metricPoints('anomaly.evaluations')
    const inner = new Hono<HedgerowEnv>().get('/:item', (c) => c.text('hello'))
    const app = new Hono<HedgerowEnv>().use(hedgerow({ identify: () => USER })).route('/shop/:shop', inner)
    await app.request('/shop/7/4711')
    expect(await metricPoints('anomaly.evaluations')).toMatchObject([
      { attributes: { 'http.route': '/shop/:shop/:item' } },
    ])
  })

  it('count events that could not be learnt', async () => {
    const store = new RemoteStore()
    store.failsToUpdate = true
    await metricPoints('anomaly.learn_failures')
    await ask(appWith({ store, budgetMs: 1000 }))
    await expect
      .poll(() => metricPoints('anomaly.learn_failures'))
      .toEqual([{ attributes: { 'anomaly.model.version': model.version }, value: 1 }])
  })

  it('go to the application’s own meter where it has given one', async () => {
    const own = new InMemoryMetricExporter(AggregationTemporality.DELTA)
    const ownReader = new PeriodicExportingMetricReader({ exporter: own, exportIntervalMillis: 3_600_000 })
    const meter = new MeterProvider({ readers: [ownReader] }).getMeter('mine')
    await metricPoints('anomaly.evaluations')
    await ask(appWith({ meter }))
    await ownReader.forceFlush()
    const names = own
      .getMetrics()
      .flatMap((m) => m.scopeMetrics.flatMap((s) => s.metrics.map((x) => x.descriptor.name)))
    expect(names).toEqual(['anomaly.evaluations', 'anomaly.score'])
    expect(await metricPoints('anomaly.evaluations')).toEqual([])
    await ownReader.shutdown()
  })
})

describe('whatever is exported', () => {
  it('names neither the user nor the address, path or query', async () => {
    points.reset()
    const told = appWith({ ...FLAG_ALL, explain: true, hashUsers: { key: 'a key that is long enough' } })
    for (let i = 0; i < 5; i++) await ask(told)
    await reader.forceFlush()
    const ours = spans
      .getFinishedSpans()
      .map(({ attributes }) => Object.entries(attributes).filter(([name]) => /^(anomaly|user)\./.test(name)))
    const everything = JSON.stringify([ours, logs.getFinishedLogRecords().map((r) => [r.body, r.attributes])])
    const metricsText = JSON.stringify(points.getMetrics().map(({ scopeMetrics }) => scopeMetrics))
    for (const secret of ['alice', 'example.org', '203.0.113.9', '4711', 'hunter2', 'token']) {
      expect(everything).not.toContain(secret)
      expect(metricsText).not.toContain(secret)
    }
    expect(everything).toContain('anomaly.isolation_score')
    expect(metricsText).toContain('anomaly.evaluations')
  })
})

describe('an SDK that starts after the first request', () => {
  it('gets everything all the same', async () => {
    await metricPoints('anomaly.evaluations')
    await ask(early)
    expect(exported()).toMatchObject({ 'anomaly.state': 'scored' })
    expect(logs.getFinishedLogRecords()).toHaveLength(1)
    expect(await metricPoints('anomaly.evaluations')).toHaveLength(1)
  })
})

describe('reasons', () => {
  it('are computed for a span that is recorded, not for one that is not', async () => {
    const { model, explained } = watchedModel()
    const app = new Hono<HedgerowEnv>()
    const logger = { enabled: () => false, emit: () => undefined }
    app.use(hedgerow({ ...FLAG_ALL, identify: () => USER, model, logger }))
    app.get('/', (c) => c.json(c.var.anomaly.isAnomaly))
    const askIn = async (span: Span): Promise<unknown> =>
      context.with(trace.setSpan(context.active(), span), async () => (await app.request('/')).json())

    const unsampled = new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('test')
    expect([await askIn(unsampled.startSpan('unsampled')), explained()]).toEqual([true, 0])
    expect([await askIn(trace.getTracer('test').startSpan('sampled')), explained()]).toEqual([true, 1])
  })
})
