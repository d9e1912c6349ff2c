// The application of collector.test.ts on SDK 3.x.
import { register } from 'node:module'
import { logs } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AlwaysOffSampler, BatchSpanProcessor, ParentBasedSampler } from '@opentelemetry/sdk-trace'
import { anomalyTelemetry } from '../../plugins/otel.ts'
import { visit } from './visits.js'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const anomaly = anomalyTelemetry()
const sdk = new NodeSDK({
  serviceName: 'shop-3',
  instrumentations: [
    new HttpInstrumentation({ startIncomingSpanHook: (request) => ({ 'user.id': request.headers['x-user'] }) }),
  ],
  sampler: anomaly.sampler(new ParentBasedSampler({ root: new AlwaysOffSampler() })),
  spanProcessors: [anomaly.spanProcessor, new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  logRecordProcessors: [anomaly.logRecordProcessor, new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
})
sdk.start()
await visit(logs.getLogger('shop'))
await sdk.shutdown()
console.log(JSON.stringify(anomaly.counts))
