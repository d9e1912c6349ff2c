import { types } from 'node:util'
import { type Attributes, SpanKind } from '@opentelemetry/api'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import winston from 'winston'
import { anomalyTelemetry } from '../../plugins/otel.ts'
import { scoreStream } from '../../plugins/stream.ts'
import { anomalyFormat } from '../../plugins/winston.ts'
import { queueConsumer, tailHandler, tailStreamHandler } from '../../plugins/workers.ts'
import { isRecord } from '../../src/records/row.ts'
import { GatheringSink } from './gathering-sink.ts'
import { event, HOSTILE_EVENTS, HOSTILE_LINES, HOSTILE_OBJECTS, objectsAmong } from './hostile.ts'

// Hosts of objects are given what stands in the lines of hostile.ts, and its objects that no line can hold.

/** Objects in, what was found of each out. */
type ObjectHost = (
  objects: readonly object[],
) => Promise<readonly { readonly score: unknown; readonly rest: unknown }[]>

const verdictOf = (record: unknown): { score: unknown; rest: unknown } => {
  if (types.isProxy(record) || !isRecord(record) || !Object.hasOwn(record, 'anomaly'))
    return { score: undefined, rest: record }
  const { anomaly, ...rest } = record
  return { score: isRecord(anomaly) ? anomaly.isolation_score : undefined, rest }
}

const parsed = ({ lines }: GatheringSink) => lines.map((line) => verdictOf(JSON.parse(String(line))))

/** Of telemetry only attributes change, and not every value can be one. */
const attributeOf = (attributes: Readonly<Record<string, unknown>>) => ({
  score: attributes['anomaly.isolation_score'],
  rest: undefined,
})

const objectHosts: Readonly<Record<string, ObjectHost>> = {
  'scoreStream of records': async (objects) => {
    const out: unknown[] = []
    const source = new ReadableStream<unknown>({
      start(controller) {
        for (const each of objects) controller.enqueue(each)
        controller.close()
      },
    })
    for await (const each of source.pipeThrough(scoreStream<unknown>({ records: true }))) out.push(each)
    return out.map(verdictOf)
  },
  'the winston format': (objects) => {
    const format = winston.format.combine(anomalyFormat())
    return Promise.resolve(
      objects.map((each) => verdictOf(format.transform(each as winston.Logform.TransformableInfo))),
    )
  },
  'the Queue consumer, JSON': async (objects) => {
    const sink = new GatheringSink()
    const actions = { attempts: 1, ack: () => undefined, retry: () => undefined }
    const messages = objects.map((body, i) => ({ id: String(i), body, ...actions }))
    await queueConsumer({ sink })({ messages }, undefined)
    return parsed(sink)
  },
  'the tail handler': async (objects) => {
    const sink = new GatheringSink()
    const items = objects.map((each) => ({ ...NO_REQUEST, each }))
    const tail = tailHandler({ sink, recordsOf: (item) => [Reflect.get(item, 'each') as object] })
    await tail(items, undefined).catch(() => undefined)
    return parsed(sink)
  },
  'the tailStream handler': async (objects) => {
    const sink = new GatheringSink()
    const at = (type: string, more: object = {}) => ({ timestamp: new Date(), event: { type, ...more } })
    const { log, outcome } = tailStreamHandler({ sink })(at('onset'), undefined)
    // What is logged is an event that tells more, or less, than it should.
    for (const each of objects) await log(at('log', { message: [each] }))
    await outcome(at('outcome')).catch(() => undefined)
    return parsed(sink)
  },
  'the span processor': (objects) => {
    const exporter = new InMemorySpanExporter()
    const { spanProcessor } = anomalyTelemetry()
    const spanProcessors = [spanProcessor, new SimpleSpanProcessor({ exporter })]
    // A span takes 128 attributes unless it is told otherwise, ours among them.
    const spanLimits = { attributeCountLimit: 20_000 }
    const tracer = new TracerProvider({ spanProcessors, spanLimits }).getTracer('test')
    for (const attributes of objects as Attributes[]) {
      const span = tracer.startSpan('request', { kind: SpanKind.SERVER, root: true })
      try {
        span.setAttributes(attributes)
      } catch {
        // The SDK itself stumbles over it.
      }
      span.end()
    }
    return Promise.resolve(exporter.getFinishedSpans().map(({ attributes }) => attributeOf(attributes)))
  },
  'the log record processor': (objects) => {
    const exporter = new InMemoryLogRecordExporter()
    const { logRecordProcessor } = anomalyTelemetry()
    const processors = [logRecordProcessor, new SimpleLogRecordProcessor({ exporter })]
    const logger = new LoggerProvider({ processors }).getLogger('test')
    for (const body of objects) logger.emit({ body: body as Record<string, string> })
    return Promise.resolve(exporter.getFinishedLogRecords().map(({ attributes }) => attributeOf(attributes)))
  },
}

const NO_REQUEST = { event: null, eventTimestamp: null, logs: [], scriptName: null, outcome: 'ok' }

describe.each(Object.entries(objectHosts))('%s', (host, through) => {
  const good = event('bob')
  const onlyEvents = host === 'the tailStream handler'

  it('leaves every hostile record as it was, between events that are scored', async () => {
    const given = objectsAmong(HOSTILE_LINES).filter(([, value]) => !onlyEvents || Object.hasOwn(value, 'event_type'))
    const got = await through([good, ...given.flatMap(([, value]) => [{ ...value }, { ...good }])])
    expect(got.map(({ score }) => typeof score)).toEqual(
      Array.from({ length: 2 * given.length + 1 }, (_, i) => (i % 2 === 0 ? 'number' : 'undefined')),
    )
    for (const [i, [what, value]] of given.entries()) {
      const { rest } = got[2 * i + 1] ?? {}
      const wanted = host === 'the tailStream handler' ? { timestamp: expect.any(String), ...value } : value
      if (rest !== undefined) expect([what, rest]).toEqual([what, wanted])
    }
  }, 60_000)

  it('scores every hostile event', async () => {
    const given = objectsAmong(HOSTILE_EVENTS)
    const got = await through(given.map(([, value]) => value))
    expect(given.filter((_, i) => typeof got[i]?.score !== 'number').map(([what]) => what)).toEqual([])
  }, 60_000)

  it.each(HOSTILE_OBJECTS)('stumbles not over %s', async (_, make) => {
    const got = await through([make(), { ...good }])
    expect(got.map(({ score }) => typeof score).filter((type) => type === 'number')).toEqual(['number'])
    expect(typeof got.at(-1)?.score).toBe('number')
  })
})
