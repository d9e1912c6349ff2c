// The application of collector.test.ts on SDK 2.x: what differs from 3.x are the names of packages, and how processors
// are made.
import { register } from 'node:module'
import { logs } from '@opentelemetry/api-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AlwaysOffSampler, BatchSpanProcessor, ParentBasedSampler } from '@opentelemetry/sdk-trace-base'
import { anomalyTelemetry } from './hedgerow-otel.js'
import { visit } from './visits.js'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
process.env.OTEL_SEMCONV_STABILITY_OPT_IN ??= 'http'

const anomaly = anomalyTelemetry()
const sdk = new NodeSDK({
  serviceName: 'shop-2',
  instrumentations: [
    new HttpInstrumentation({ startIncomingSpanHook: (request) => ({ 'user.id': request.headers['x-user'] }) }),
  ],
  sampler: anomaly.sampler(new ParentBasedSampler({ root: new AlwaysOffSampler() })),
  spanProcessors: [anomaly.spanProcessor, new BatchSpanProcessor(new OTLPTraceExporter())],
  logRecordProcessors: [anomaly.logRecordProcessor, new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
})
sdk.start()
await visit(logs.getLogger('shop'))
await sdk.shutdown()
console.log(JSON.stringify(anomaly.counts))
