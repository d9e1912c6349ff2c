import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { ConsoleMetricExporter, type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { NoopSpanProcessor } from '@opentelemetry/sdk-trace'
import manifest from '../../../package.json' with { type: 'json' }
import { logDiagnostics } from './diagnostics.ts'
import type { Log } from './log.ts'
import { type Environment, isDisabled, type TelemetrySettings } from './telemetry-settings.ts'

export interface NodeTelemetry {
  /** The metrics in Prometheus' format; undefined where OTEL_SDK_DISABLED says to keep none. */
  readonly metrics: (() => Promise<string>) | undefined
  /** Sends what is still to be sent. */
  readonly shutdown: () => Promise<void>
}

/**
 * Starts OpenTelemetry as the standard OTEL_ variables say, with one difference: where none of them names an exporter or
 * an endpoint, nothing is sent, rather than to a collector on this machine that most likely is not there.
 *
 * @param environment is given the defaults that are ours
 * @param log is told what OpenTelemetry fails at
 */
export function startTelemetry(environment: Environment, settings: TelemetrySettings, log: Log): NodeTelemetry {
  logDiagnostics(log, environment.OTEL_LOG_LEVEL)
  // The SDK would answer to it by a logger of its own, to the console.
  delete environment.OTEL_LOG_LEVEL
  environment.OTEL_SERVICE_NAME ??= 'hedgerow'
  const attributes = environment.OTEL_RESOURCE_ATTRIBUTES ?? ''
  if (!/(^|,)\s*service\.version\s*=/.test(attributes)) {
    const version = `service.version=${encodeURIComponent(manifest.version)}`
    environment.OTEL_RESOURCE_ATTRIBUTES = attributes.trim() === '' ? version : `${version},${attributes}`
  }
  // Not the process: its command line is nobody's concern.
  environment.OTEL_NODE_RESOURCE_DETECTORS ??= 'env,host,os,serviceinstance'
  for (const signal of ['TRACES', 'METRICS', 'LOGS']) {
    // Empty is as good as not there, by OpenTelemetry's rules.
    if (!hasEndpoint(environment, signal)) environment[`OTEL_${signal}_EXPORTER`] ||= 'none'
  }
  const prometheus = new PrometheusExporter({ preventServerStart: true })
  // Without an exporter the SDK would start no spans, and the log would have no trace ids.
  const silent = environment.OTEL_TRACES_EXPORTER === 'none' ? { spanProcessors: [new NoopSpanProcessor()] } : {}
  const sdk = new NodeSDK({ metricReaders: [prometheus, ...readersFrom(environment, settings)], ...silent })
  sdk.start()
  return {
    metrics: isDisabled(environment) ? undefined : () => inPrometheusFormat(prometheus),
    // A collector that cannot be reached at the end is no reason to end otherwise.
    shutdown: () => sdk.shutdown().catch(() => undefined),
  }
}

function hasEndpoint(environment: Environment, signal: string): boolean {
  const names = ['OTEL_EXPORTER_OTLP_ENDPOINT', `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]
  return names.some((name) => (environment[name] ?? '') !== '')
}

async function inPrometheusFormat(exporter: PrometheusExporter): Promise<string> {
  const { resourceMetrics } = await exporter.collect()
  return new PrometheusSerializer().serialize(resourceMetrics)
}

/** The readers that OTEL_METRICS_EXPORTER asks for: naming ours keeps the SDK from making them. */
function readersFrom(environment: Environment, settings: TelemetrySettings): IMetricReader[] {
  const names = new Set((environment.OTEL_METRICS_EXPORTER || 'otlp').split(',').map((name) => name.trim()))
  const readers: IMetricReader[] = []
  const times = { exportIntervalMillis: settings.metricIntervalMs, exportTimeoutMillis: settings.metricTimeoutMs }
  if (names.has('otlp')) {
    readers.push(new PeriodicExportingMetricReader({ exporter: otlpExporter(environment), ...times }))
  }
  if (names.has('console')) {
    readers.push(new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter(), ...times }))
  }
  return readers
}

function otlpExporter(environment: Environment): GrpcMetrics | JsonMetrics | ProtobufMetrics {
  const protocol =
    environment.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL || environment.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf'
  if (protocol === 'grpc') return new GrpcMetrics()
  return protocol === 'http/json' ? new JsonMetrics() : new ProtobufMetrics()
}
