import { describe, expect, it } from 'vitest'
import type { EventProblem } from '../../src/event.ts'
import { readTelemetrySettings } from '../../src/service/node/telemetry-settings.ts'

function read(environment: Record<string, string>) {
  const problems: EventProblem[] = []
  const settings = readTelemetrySettings(environment, problems)
  return { settings, problems, fields: problems.map(({ field }) => field) }
}

describe('the settings of OpenTelemetry', () => {
  it('have the defaults of its specification, also where they are empty', () => {
    const wanted = { settings: { metricIntervalMs: 60_000, metricTimeoutMs: 30_000 }, problems: [] }
    expect(read({})).toMatchObject(wanted)
    expect(read({ OTEL_METRIC_EXPORT_INTERVAL: '', OTEL_METRIC_EXPORT_TIMEOUT: ' ' })).toMatchObject(wanted)
  })

  it('hold the timeout within the interval, and refuse one beyond it', () => {
    expect(read({ OTEL_METRIC_EXPORT_INTERVAL: '5000' })).toMatchObject({
      settings: { metricIntervalMs: 5000, metricTimeoutMs: 5000 },
      problems: [],
    })
    expect(read({ OTEL_METRIC_EXPORT_INTERVAL: '5000', OTEL_METRIC_EXPORT_TIMEOUT: '900' }).settings).toEqual({
      metricIntervalMs: 5000,
      metricTimeoutMs: 900,
    })
    expect(read({ OTEL_METRIC_EXPORT_TIMEOUT: '60001' }).problems).toEqual([
      { field: 'OTEL_METRIC_EXPORT_TIMEOUT', got: '60001', wanted: 'at most OTEL_METRIC_EXPORT_INTERVAL, 60000' },
    ])
  })

  it.each([
    ['OTEL_TRACES_EXPORTER', 'otlp, console'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_METRICS_EXPORTER', 'prometheus,otlp'],
    ['OTEL_LOGS_EXPORTER', 'none'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', 'http/json'],
    ['OTEL_TRACES_SAMPLER', 'parentbased_traceidratio'],
    ['OTEL_LOG_LEVEL', 'DEBUG'],
  ])('take what the SDK takes: %s=%s', (name, value) => {
    expect(read({ [name]: value }).problems).toEqual([])
  })

  it.each([
    ['OTEL_TRACES_EXPORTER', 'oltp'],
    ['OTEL_TRACES_EXPORTER', 'otlp,jaeger'],
    ['OTEL_METRICS_EXPORTER', 'statsd'],
    ['OTEL_LOGS_EXPORTER', 'zipkin'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http'],
    ['OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'kafka'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_LOG_LEVEL', 'loud'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '10s'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
  ])('refuse what it would forgive, and then not do: %s=%s', (name, value) => {
    const { problems } = read({ [name]: value })
    expect(problems).toMatchObject([{ field: name, got: JSON.stringify(value) }])
    expect(read({ [name]: value, OTEL_SDK_DISABLED: 'true' }).problems).toEqual([])
  })
})
