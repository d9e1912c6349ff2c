import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/** The only place that the demo's Worker can reach: its configuration leads every fetch there. */
const COLLECTOR = 'http://collector/v1/traces'

/** Spans sent at a time. */
const BATCH = 100

/**
 * Keeps ended spans until there are enough to send. A Worker has no time of its own between requests, so the timer of
 * OpenTelemetry's batch processor would not fire: a request takes its predecessors' spans along, after its response.
 */
class SpanOutbox implements SpanProcessor {
  readonly #exporter = new OTLPTraceExporter({ url: COLLECTOR })
  #ended: ReadableSpan[] = []

  get isFull(): boolean {
    return this.#ended.length >= BATCH
  }

  onStart(): void {
    // Nothing to do before a span has ended.
  }

  onEnd(span: ReadableSpan): void {
    this.#ended.push(span)
  }

  forceFlush(): Promise<void> {
    const spans = this.#ended
    if (spans.length === 0) return Promise.resolve()
    this.#ended = []
    return new Promise((resolve, reject) => {
      this.#exporter.export(spans, ({ code, error }) => {
        if (code === 0) resolve()
        else reject(error ?? new Error('The collector took no spans.'))
      })
    })
  }

  shutdown(): Promise<void> {
    return this.forceFlush()
  }
}

/** Sets up OpenTelemetry for this Worker, as an application would. */
export function startTracing(): SpanOutbox {
  const outbox = new SpanOutbox()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [outbox] }))
  return outbox
}
