import type { BaselineSummary, Reason, Verdict } from './decision.ts'

const NO_REASONS: readonly Reason[] = Object.freeze([])

/**
 * A verdict whose reasons are computed when they are first read: they cost about ten times as much as a score, and
 * under attack, when most events are anomalies, nobody may be reading them.
 */
export class Judgement implements Verdict {
  readonly score: number
  readonly percentile: number
  readonly threshold: number
  readonly isAnomaly: boolean
  readonly baseline: BaselineSummary
  readonly #explain: (() => readonly Reason[]) | undefined
  #reasons: readonly Reason[] | undefined

  /** @param explain undefined: there are no reasons to give */
  constructor(
    score: number,
    percentile: number,
    threshold: number,
    isAnomaly: boolean,
    baseline: BaselineSummary,
    explain: (() => readonly Reason[]) | undefined,
  ) {
    this.score = score
    this.percentile = percentile
    this.threshold = threshold
    this.isAnomaly = isAnomaly
    this.baseline = baseline
    this.#explain = explain
  }

  get reasons(): readonly Reason[] {
    this.#reasons ??= this.#explain?.() ?? NO_REASONS
    return this.#reasons
  }
}
