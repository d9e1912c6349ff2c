import { createHash } from 'node:crypto'
import { register } from 'node:module'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { anomalyTelemetry } from '../../plugins/otel.ts'

// For programs in ES modules, the instrumentation's own way to see their imports.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const anomaly = anomalyTelemetry()

export const sdk = new NodeSDK({
  serviceName: 'shop',
  instrumentations: [
    new HttpInstrumentation({
      // What is known of the user when a request begins; the address is taken where there is none.
      startIncomingSpanHook: (request) => ({ 'user.id': userOf(request.headers.authorization) }),
    }),
  ],
  sampler: anomaly.sampler(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) })),
  spanProcessors: [anomaly.spanProcessor, new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
})
sdk.start()

/** Whatever your application verifies; of a token its hash, since spans go where tokens must not. */
function userOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : createHash('sha256').update(authorization).digest('hex')
}
