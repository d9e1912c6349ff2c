import { type Context, diag, trace } from '@opentelemetry/api'
import * as names from '../../src/telemetry/names.ts'
import type { AttributeScorer } from './attribute-scorer.ts'
import { type SdkReadableSpan, type SdkSpan, type SdkSpanProcessor, SERVER } from './sdk.ts'

const SAMPLED = 1

/**
 * Scores the server spans of any HTTP instrumentation, the outermost of a request in this process: once it ends, when
 * all is known of it, the user too, and before exporters take it. Only `onEnding` can still change a span that ends.
 *
 * Where an SDK never calls that (before 1.28 there is none), spans are scored when they start, from the second on: by
 * what instrumentation knows then, method, path, user agent and client address.
 */
export class AnomalySpanProcessor implements SdkSpanProcessor {
  readonly #scorer: AttributeScorer
  /** Spans to be scored when they end. */
  readonly #waiting = new WeakSet<object>()
  #endingIsCalled = false
  #scoresAtStart = false

  constructor(scorer: AttributeScorer) {
    this.#scorer = scorer
  }

  onStart(span: SdkSpan, parentContext: Context): void {
    if (span.kind !== SERVER || !isOutermost(parentContext)) return
    if (this.#scoresAtStart) this.#score(span)
    else this.#waiting.add(span)
  }

  onEnding(span: SdkSpan): void {
    this.#endingIsCalled = true
    if (this.#waiting.delete(span)) this.#score(span)
  }

  onEnd(span: SdkReadableSpan): void {
    if (this.#endingIsCalled || !this.#waiting.delete(span)) return
    this.#scoresAtStart = true
    this.#scorer.score(span.attributes, span.startTime) // learnt, though nobody sees it
    diag.warn('hedgerow: this OpenTelemetry SDK does not call onEnding; spans are scored when they start')
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }

  #score(span: SdkSpan): void {
    const attributes = this.#scorer.score(span.attributes, span.startTime)
    if (attributes === undefined) return
    span.setAttributes(attributes)
    // Only now it is known to be an anomaly: its children are gone where it was not sampled, itself it can be kept.
    if (attributes[names.IS_ANOMALY] === true) span.spanContext().traceFlags |= SAMPLED
  }
}

/** Whether no span of this process is the parent: instrumentation of a server and of its framework make one each. */
export function isOutermost(parentContext: Context): boolean {
  const parent = trace.getSpanContext(parentContext)
  return parent === undefined || parent.isRemote === true
}
