import type { Reason, Verdict } from '../decision.ts'
import type { Model } from '../model.ts'
import { strongestReasons } from '../telemetry/attributes.ts'
import * as names from '../telemetry/names.ts'
import type { RecordVerdict, WhyUnscored } from './record-scorer.ts'

/**
 * The `anomaly` object of a scored record, as JSON text. Its names are those of the span attributes without their
 * prefix, except for what only a decision has, since nothing is decided here: id, mode, decision.
 *
 * Written piece by piece: `JSON.stringify` of an object made for each record takes three times as long.
 */
export class AnomalyWriter {
  readonly #scored: string
  readonly #notScored: string
  readonly #model: string
  /** The threshold of the last verdict, and its text: mostly one for all. */
  #threshold: number
  #thresholdText: string
  readonly #withReasons: boolean

  /** @param withReasons whether a verdict's reasons are written, and so computed */
  constructor(model: Model, threshold: number, withReasons: boolean) {
    this.#withReasons = withReasons
    this.#threshold = threshold
    this.#thresholdText = String(threshold)
    this.#scored = `{${member(names.STATE, 'scored')},${key(names.ISOLATION_SCORE)}`
    this.#notScored = `{${member(names.STATE, 'not_scored')},${key(names.WHY)}`
    this.#model = `${member(names.MODEL_NAME, model.name)},${member(names.MODEL_VERSION, model.version)}`
  }

  scored(verdict: Verdict): string {
    const { score, percentile, threshold, isAnomaly, baseline } = verdict
    const said = this.#withReasons ? this.#reasons(verdict.reasons) : ''
    const level = baseline.level === 'user' ? OWN_LEVEL : POPULATION_LEVEL
    return `${this.#scored}${score},${PERCENTILE}${percentile},${isAnomaly ? ANOMALY : NORMAL},${THRESHOLD}${this.#textOf(
      threshold,
    )},${level},${this.#model}${said}}`
  }

  /** The `anomaly` of a record, undefined for one that is to pass as it is. */
  of(answer: RecordVerdict): string | undefined {
    if (answer.scored) return this.scored(answer.verdict)
    return answer.anomaly === undefined ? undefined : this.notScored(answer.why, answer.problem)
  }

  /** @param problem in words */
  notScored(why: WhyUnscored, problem: string): string {
    return `${this.#notScored}"${why}","problem":${JSON.stringify(problem)},${THRESHOLD}${this.#thresholdText},${this.#model}}`
  }

  #textOf(threshold: number): string {
    if (threshold !== this.#threshold) {
      this.#threshold = threshold
      this.#thresholdText = String(threshold)
    }
    return this.#thresholdText
  }

  #reasons(reasons: readonly Reason[]): string {
    if (reasons.length === 0) return ''
    const strongest = strongestReasons(reasons)
    const named = strongest.length === 0 ? '' : `,${member(names.REASONS, strongest)}`
    return `${named},"explanation":${JSON.stringify(reasons)}`
  }
}

/** The name of a span attribute, its prefix left out, and a colon. */
function key(name: string): string {
  return `${JSON.stringify(name.slice(name.indexOf('.') + 1))}:`
}

function member(name: string, value: unknown): string {
  return key(name) + JSON.stringify(value)
}

const PERCENTILE = key(names.PERCENTILE)
const THRESHOLD = key(names.THRESHOLD)
const ANOMALY = member(names.IS_ANOMALY, true)
const NORMAL = member(names.IS_ANOMALY, false)
const OWN_LEVEL = member(names.BASELINE_LEVEL, 'user')
const POPULATION_LEVEL = member(names.BASELINE_LEVEL, 'population')
