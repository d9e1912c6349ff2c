import type { Attributes, HrTime } from '@opentelemetry/api'
import type { Verdict } from '../../src/decision.ts'
import { summaryOf } from '../../src/model.ts'
import type { RecordCounts, RecordScorer } from '../../src/pipeline/record-scorer.ts'
import { unscoredAttributes, verdictAttributes } from '../../src/telemetry/attributes.ts'
import * as names from '../../src/telemetry/names.ts'
import { AtOnceScorer } from '../shared/at-once.ts'

/** Telemetry into attributes: the one piece that the two processors and the sampler share. */
export class AttributeScorer {
  readonly #scorer: RecordScorer
  readonly #atOnce: AtOnceScorer
  readonly #model: ReturnType<typeof summaryOf>

  constructor(scorer: RecordScorer) {
    this.#scorer = scorer
    this.#atOnce = new AtOnceScorer(scorer)
    this.#model = summaryOf(scorer.detector.model)
  }

  /**
   * Scores and learns what the attributes tell.
   *
   * @returns the attributes to add; undefined where there is nothing to say
   */
  score(attributes: Readonly<Record<string, unknown>>, time: HrTime): Attributes | undefined {
    if (isTold(attributes)) return undefined
    const known = this.#atOnce.score(attributes, timeMsOf(time))
    if (known.scored) return verdictAttributes(known.verdict, this.#model)
    if (known.why === 'no_event') return undefined
    return unscoredAttributes(known.why, this.#scorer.detector.threshold, this.#model)
  }

  get counts(): RecordCounts {
    return this.#atOnce.counts
  }

  /** What scoring would say, without learning and without counting. */
  peek(attributes: Readonly<Record<string, unknown>>, nowMs: number): Verdict | undefined {
    return this.#scorer.peek(attributes, nowMs)
  }
}

/** Whether the middleware, or the sampler in its name, has told already. */
function isTold(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[names.STATE] !== undefined
}

function timeMsOf([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + Math.floor(nanoseconds / 1e6)
}
