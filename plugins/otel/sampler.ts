import { type Attributes, type Context, context, createContextKey, type Link } from '@opentelemetry/api'
import type { Decision } from '../../src/decision.ts'
import { attributesOf } from '../../src/telemetry/attributes.ts'
import type { AttributeScorer } from './attribute-scorer.ts'
import { NOT_RECORD, RECORD, RECORD_AND_SAMPLED, type SdkSampler, type SdkSamplingResult, SERVER } from './sdk.ts'
import { isOutermost } from './span-processor.ts'

/** The same for every copy of this module. */
const DECISION = createContextKey('hedgerow.decision')

/** Traces whose later spans are to be kept, too. Those of requests that are going on; older ones are forgotten. */
const MOST_KEPT = 10_000

/**
 * Keeps every anomalous trace, whatever another sampler says, under a remote parent that was not sampled too. An anomaly
 * is known of when its first span starts
 *
 * - from the middleware, where {@link withDecision} has put what it decided in the context, or
 * - from the attributes that a server span starts with, held against the user's baseline without learning.
 *
 * Server spans that are not sampled are recorded all the same, though not exported, so that the span processor learns
 * from every request what is normal, and finds the anomalies that only the end of a span tells of.
 */
export class AnomalySampler implements SdkSampler {
  readonly #scorer: AttributeScorer
  readonly #sampler: SdkSampler
  readonly #kept = new Set<string>()

  constructor(scorer: AttributeScorer, sampler: SdkSampler) {
    this.#scorer = scorer
    this.#sampler = sampler
  }

  shouldSample(
    parent: Context,
    traceId: string,
    spanName: string,
    spanKind: number,
    attributes: Attributes,
    links: Link[],
  ): SdkSamplingResult {
    const result = this.#sampler.shouldSample(parent, traceId, spanName, spanKind, attributes, links)
    if (!isOutermost(parent)) return this.#kept.has(traceId) ? { ...result, decision: RECORD_AND_SAMPLED } : result

    const told = parent.getValue(DECISION) as Decision | undefined
    if (told !== undefined) {
      const said = { ...result, attributes: { ...result.attributes, ...attributesOf(told, undefined) } }
      return told.isAnomaly ? this.#keep(traceId, said) : said
    }
    if (spanKind !== SERVER) return result
    if (this.#scorer.peek(attributes, Date.now())?.isAnomaly === true) return this.#keep(traceId, result)
    return result.decision === NOT_RECORD ? { ...result, decision: RECORD } : result
  }

  toString(): string {
    return `AnomalySampler{${this.#sampler.toString()}}`
  }

  #keep(traceId: string, result: SdkSamplingResult): SdkSamplingResult {
    this.#kept.add(traceId)
    if (this.#kept.size > MOST_KEPT) {
      for (const oldest of this.#kept) {
        this.#kept.delete(oldest)
        break
      }
    }
    return { ...result, decision: RECORD_AND_SAMPLED }
  }
}

/**
 * Runs what comes next with a decision in the context, where the sampler finds it: between the middleware and what
 * starts the request's span.
 *
 *     app.use(hedgerow())
 *     app.use((c, next) => withDecision(c.var.anomaly, next))
 *     app.use(httpInstrumentationMiddleware())
 */
export function withDecision<T>(decision: Decision, next: () => T): T {
  return context.with(context.active().setValue(DECISION, decision), next)
}
