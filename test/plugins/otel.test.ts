import { httpInstrumentationMiddleware } from '@hono/otel'
import { type Attributes, context, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HedgerowEnv, hedgerow } from '../../middleware/index.ts'
import { type AnomalyTelemetry, anomalyTelemetry, withDecision } from '../../plugins/otel.ts'
import { activity, scoresOf } from './activity.ts'
import { laterStore } from './later-store.ts'
import { attributesOf, requestOf } from './requests.ts'

const SERVER = SpanKind.SERVER
const REQUEST = { 'http.request.method': 'GET', 'url.path': '/a', 'client.address': '192.0.2.1' }

/** A provider set up as the page has it, and what it exports. */
function provider(anomaly: AnomalyTelemetry, sampler: Sampler = new AlwaysOnSampler()) {
  const exporter = new InMemorySpanExporter()
  const spanProcessors = [anomaly.spanProcessor, new SimpleSpanProcessor({ exporter })]
  const tracer = new TracerProvider({ sampler, spanProcessors }).getTracer('test')
  const exported = (): Attributes[] => exporter.getFinishedSpans().map(({ attributes }) => attributes)
  return { tracer, exported, names: () => exporter.getFinishedSpans().map(({ name }) => name) }
}

describe('the span processor', () => {
  it('gives server spans the scores of the engine', () => {
    const events = activity(300, 4)
    const { tracer, exported } = provider(anomalyTelemetry())
    for (const request of events.map(requestOf)) {
      const span = tracer.startSpan('request', { kind: SERVER, startTime: request.timeMs, root: true })
      span.setAttributes(attributesOf(request)) // only the end of a span has it all
      span.end(request.timeMs + 5)
    }
    expect(exported().map((attributes) => attributes['anomaly.isolation_score'])).toEqual(scoresOf(events))
  })

  it('scores the outermost span of a request, once', () => {
    const anomaly = anomalyTelemetry()
    const { tracer, exported } = provider(anomaly)
    const outer = tracer.startSpan('server', { kind: SERVER, attributes: REQUEST })
    const inside = trace.setSpan(ROOT_CONTEXT, outer)
    tracer.startSpan('framework', { kind: SERVER, attributes: REQUEST }, inside).end()
    tracer.startSpan('query', { kind: SpanKind.CLIENT, attributes: REQUEST }, inside).end()
    outer.end()
    expect(exported().map((attributes) => attributes['anomaly.state'])).toEqual([undefined, undefined, 'scored'])
    expect(anomaly.counts).toMatchObject({ records: 1, scored: 1 })
  })

  it('leaves spans that are no requests alone, and says of requests by nobody why they have no score', () => {
    const { tracer, exported } = provider(anomalyTelemetry())
    tracer.startSpan('job', { kind: SERVER, root: true }).end()
    tracer
      .startSpan('request', { kind: SERVER, root: true, attributes: { ...REQUEST, 'client.address': 'unix:' } })
      .end()
    expect(exported()[0]).toEqual({})
    expect(exported()[1]).toMatchObject({ 'anomaly.state': 'not_scored', 'anomaly.why': 'no_identity' })
    expect(exported()[1]).not.toHaveProperty('anomaly.isolation_score')
  })

  it('stumbles over no attribute', () => {
    const { tracer, exported } = provider(anomalyTelemetry())
    const hostile: Attributes[] = [
      { ...REQUEST, 'url.path': `/${'x'.repeat(10_000_000)}` },
      { ...REQUEST, 'user_agent.original': '\u0000'.repeat(100_000) },
      { ...REQUEST, 'user.id': 'u'.repeat(1000) },
      { ...REQUEST, 'http.request.method': 'get me' },
      { ...REQUEST, 'user.id': [null, 'a'] },
      { 'http.request.method': ['GET'], 'url.path': 7, 'client.address': false },
    ]
    for (const attributes of hostile) tracer.startSpan('request', { kind: SERVER, root: true, attributes }).end()
    expect(exported().map((attributes) => attributes['anomaly.state'])).toEqual([
      'scored',
      'scored',
      'not_scored',
      undefined,
      'not_scored',
      undefined,
    ])
  })

  it('waits for no store, and says so', async () => {
    const anomaly = anomalyTelemetry({ store: laterStore() })
    const { tracer, exported } = provider(anomaly)
    tracer.startSpan('request', { kind: SERVER, root: true, attributes: REQUEST }).end()
    expect(exported()[0]).toMatchObject({ 'anomaly.state': 'not_scored', 'anomaly.why': 'timeout' })
    await expect.poll(() => anomaly.counts.scored).toBe(1)
  })

  it('scores spans when they start where an SDK does not call onEnding', () => {
    const anomaly = anomalyTelemetry()
    const { onStart, onEnd } = anomaly.spanProcessor
    const told = [1, 2, 3].map(() => {
      const attributes: Attributes = { ...REQUEST }
      const setAttributes = (more: Attributes): object => Object.assign(attributes, more)
      const spanContext = () => ({ traceId: '', spanId: '', traceFlags: 0 })
      const span = {
        kind: SERVER,
        attributes,
        startTime: [1767603600, 0] as [number, number],
        setAttributes,
        spanContext,
      }
      onStart.call(anomaly.spanProcessor, span, ROOT_CONTEXT)
      onEnd.call(anomaly.spanProcessor, span)
      return attributes['anomaly.state']
    })
    expect(told).toEqual([undefined, 'scored', 'scored'])
    expect(anomaly.counts.scored).toBe(3)
  })
})

describe('the sampler', () => {
  const never = (): Sampler => new ParentBasedSampler({ root: new AlwaysOffSampler() })

  /** A tracer that samples nothing but anomalies. */
  const keeping = (options: Parameters<typeof anomalyTelemetry>[0]) => {
    const anomaly = anomalyTelemetry(options)
    return { ...provider(anomaly, anomaly.sampler(never())), anomaly }
  }
  const remote = (traceFlags: number) =>
    trace.setSpanContext(ROOT_CONTEXT, {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      traceFlags,
      isRemote: true,
    })

  it('keeps an anomalous trace whole, though nothing is sampled', () => {
    const { tracer, exported, names } = keeping({ flagAt: 0 })
    const outer = tracer.startSpan('request', { kind: SERVER, attributes: REQUEST })
    tracer.startSpan('query', {}, trace.setSpan(ROOT_CONTEXT, outer)).end()
    outer.end()
    expect(names()).toEqual(['query', 'request'])
    expect(exported()[1]).toMatchObject({ 'anomaly.is_anomaly': true })
  })

  it('keeps it under a remote parent that was not sampled', () => {
    const { tracer, names } = keeping({ flagAt: 0 })
    tracer.startSpan('request', { kind: SERVER, attributes: REQUEST }, remote(TraceFlags.NONE)).end()
    expect(names()).toEqual(['request'])
  })

  it('keeps the server span of what turns out to be an anomaly only at its end', () => {
    const { tracer, names } = keeping({ flagAt: 0 })
    const outer = tracer.startSpan('request', { kind: SERVER })
    tracer.startSpan('query', {}, trace.setSpan(ROOT_CONTEXT, outer)).end()
    outer.setAttributes(REQUEST).end()
    expect(names()).toEqual(['request'])
  })

  it('leaves ordinary traces to the other sampler, and learns from them all the same', () => {
    const { tracer, names, anomaly } = keeping({ flagAt: 1 })
    for (let i = 0; i < 20; i++) tracer.startSpan('request', { kind: SERVER, root: true, attributes: REQUEST }).end()
    expect(names()).toEqual([])
    expect(anomaly.counts.scored).toBe(20)
    tracer.startSpan('request', { kind: SERVER, attributes: REQUEST }, remote(TraceFlags.SAMPLED)).end()
    expect(names()).toEqual(['request'])
  })

  it('knows of the traces that it keeps, but for the oldest of more than 10,000', () => {
    const anomaly = anomalyTelemetry({ flagAt: 0 })
    const { tracer, names } = provider(anomaly, anomaly.sampler(new AlwaysOffSampler()))
    const request = { kind: SERVER, root: true, attributes: REQUEST }
    const outer = Array.from({ length: 10_001 }, () => tracer.startSpan('request', request))
    for (const [i, span] of outer.entries()) tracer.startSpan(`query ${i}`, {}, trace.setSpan(ROOT_CONTEXT, span)).end()
    expect(names()).toEqual(Array.from({ length: 10_000 }, (_, i) => `query ${i + 1}`))
  })

  it('says what it is', () => {
    expect(anomalyTelemetry().sampler(new AlwaysOffSampler()).toString()).toBe('AnomalySampler{AlwaysOffSampler}')
  })

  describe('behind the middleware', () => {
    beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
    afterAll(() => context.disable())

    it.each([
      [0, ['anomaly.state', 'scored']],
      [1, undefined],
    ])('goes by what that decided, flagged from %d on', async (flagAt, wanted) => {
      const anomaly = anomalyTelemetry()
      const exporter = new InMemorySpanExporter()
      const tracerProvider = new TracerProvider({
        sampler: anomaly.sampler(never()),
        spanProcessors: [anomaly.spanProcessor, new SimpleSpanProcessor({ exporter })],
      })
      const app = new Hono<HedgerowEnv>()
      app.use(hedgerow({ identify: () => 'ada', flagAt }))
      app.use((c, next) => withDecision(c.var.anomaly, next))
      app.use(httpInstrumentationMiddleware({ tracerProvider }))
      app.get('/', (c) => {
        tracerProvider.getTracer('app').startSpan('query').end()
        return c.text(c.var.anomaly.id)
      })
      const id = await (await app.request('/')).text()
      const spans = exporter.getFinishedSpans()
      expect(spans.length).toBe(wanted === undefined ? 0 : 2)
      if (wanted !== undefined)
        expect(spans[1]?.attributes).toMatchObject({ 'anomaly.id': id, 'anomaly.state': 'scored' })
      expect(anomaly.counts.records).toBe(0)
    })
  })
})

describe('the log record processor', () => {
  /** What is exported of log records. */
  function logs(anomaly = anomalyTelemetry()) {
    const exporter = new InMemoryLogRecordExporter()
    const processors = [anomaly.logRecordProcessor, new SimpleLogRecordProcessor({ exporter })]
    return { logger: new LoggerProvider({ processors }).getLogger('test'), exporter, anomaly }
  }

  it('gives records the scores of the engine, by attributes or by body', () => {
    const events = activity(200, 3)
    const { logger, exporter } = logs()
    for (const [i, request] of events.map(requestOf).entries()) {
      const attributes = attributesOf(request)
      logger.emit({
        timestamp: request.timeMs,
        body: 'request',
        ...(i % 2 === 0 ? { attributes } : { body: attributes }),
      })
    }
    const scores = exporter.getFinishedLogRecords().map(({ attributes }) => attributes['anomaly.isolation_score'])
    expect(scores).toEqual(scoresOf(events))
  })

  it('leaves other records as they are', () => {
    const { logger, exporter, anomaly } = logs()
    const bodies = ['ready', 7, null, ['GET'], { event_type: {} }, new Uint8Array(3)]
    for (const body of bodies) logger.emit({ body })
    logger.emit({ body: 'x'.repeat(10_000_000), attributes: { 'http.request.method': 'GET' } })
    const records = exporter.getFinishedLogRecords()
    expect(records.map(({ body }) => body).slice(0, -1)).toEqual(bodies)
    expect(records.filter(({ attributes }) => 'anomaly.isolation_score' in attributes)).toEqual([])
    expect(anomaly.counts.scored).toBe(0)
  })
})
