import * as v from 'valibot'
import type { EventProblem } from '../../event.ts'
import { choiceOf, integerOf, type TextSchema } from '../configuration-values.ts'
import { shown } from '../problem.ts'

export type Environment = Record<string, string | undefined>

export interface TelemetrySettings {
  readonly metricIntervalMs: number
  readonly metricTimeoutMs: number
}

const PROTOCOL = choiceOf(['grpc', 'http/protobuf', 'http/json'])
/** The longest that a timer of the runtime can wait. */
const MILLISECONDS = integerOf(1, 2 ** 31 - 1)

/**
 * Those of OpenTelemetry's variables whose mistakes its SDK forgives: it warns, and then sends nothing, or by another
 * protocol, or everything.
 */
const CHECKED: Readonly<Record<string, TextSchema<unknown>>> = {
  OTEL_TRACES_EXPORTER: namesOf(['otlp', 'console', 'zipkin', 'none']),
  // Prometheus is what /metrics is for, always.
  OTEL_METRICS_EXPORTER: namesOf(['otlp', 'console', 'prometheus', 'none']),
  OTEL_LOGS_EXPORTER: namesOf(['otlp', 'console', 'none']),
  OTEL_EXPORTER_OTLP_PROTOCOL: PROTOCOL,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: PROTOCOL,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: PROTOCOL,
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: PROTOCOL,
  OTEL_TRACES_SAMPLER: choiceOf([
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ]),
  OTEL_LOG_LEVEL: v.pipe(
    v.string(),
    v.toLowerCase(),
    choiceOf(['all', 'verbose', 'debug', 'info', 'warn', 'error', 'none']),
  ),
  OTEL_METRIC_EXPORT_INTERVAL: MILLISECONDS,
  OTEL_METRIC_EXPORT_TIMEOUT: MILLISECONDS,
}

/**
 * Reads what is ours to read of OpenTelemetry's variables, and looks at what the SDK reads.
 *
 * @param problems takes what is wrong; nothing is where OTEL_SDK_DISABLED makes them of no effect
 */
export function readTelemetrySettings(environment: Environment, problems: EventProblem[]): TelemetrySettings {
  const found: EventProblem[] = []
  for (const [field, schema] of Object.entries(CHECKED)) {
    const text = environment[field]
    // Empty is as good as not there, by OpenTelemetry's rules.
    if (text === undefined || text.trim() === '') continue
    const parsed = v.safeParse(schema, text)
    if (!parsed.success) found.push({ field, got: shown(text), wanted: parsed.issues[0].message })
  }
  const given = (name: string): number | undefined => Number(environment[name] ?? '') || undefined
  const metricIntervalMs = given('OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000
  const timeoutMs = given('OTEL_METRIC_EXPORT_TIMEOUT')
  if (timeoutMs !== undefined && timeoutMs > metricIntervalMs) {
    const wanted = `at most OTEL_METRIC_EXPORT_INTERVAL, ${metricIntervalMs}`
    found.push({ field: 'OTEL_METRIC_EXPORT_TIMEOUT', got: String(timeoutMs), wanted })
  }
  if (!isDisabled(environment)) problems.push(...found)
  // Whoever asks for a short interval alone has not asked for a timeout beyond it.
  return { metricIntervalMs, metricTimeoutMs: Math.min(timeoutMs ?? 30_000, metricIntervalMs) }
}

export function isDisabled(environment: Environment): boolean {
  return environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true'
}

/** Names between commas, as the SDK reads them. */
function namesOf(known: readonly string[]): TextSchema<string> {
  const isKnown = (text: string): boolean =>
    text
      .split(',')
      .map((name) => name.trim())
      .every((name) => name === '' || known.includes(name))
  return v.pipe(v.string(), v.check(isKnown, `some of ${known.join(', ')}, separated by commas`))
}
