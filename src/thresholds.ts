import { AT, MEMORY_SESSIONS } from './baseline/layout.ts'
import { EXPECTED_SHARE } from './baseline/rarity.ts'
import { expectBoolean, expectKnown, expectNumber, expectRecord } from './options.ts'

/** Bounds of a user's own threshold, as percentiles. */
export interface AdaptiveBounds {
  /** The lowest percentile at which a user's events are anomalies. */
  readonly lowest: number
  /** The highest. */
  readonly highest: number
}

export interface ThresholdOptions {
  /** Percentile from which on an event is an anomaly, 0..1. Default: 1 less the model's contamination; bundled 0.98. */
  readonly flagAt?: number | undefined
  /** Lets the threshold follow each user's own past, within bounds. Default: one threshold for all. */
  readonly adaptive?: AdaptiveBounds | undefined
  /** Keeps the flagged share at 1 - flagAt while behaviour drifts, by moving the threshold of all. Default false. */
  readonly holdShare?: boolean | undefined
}

export const FLAG_AT = 0.98

/** The percentile at which a model flags unless told otherwise: 1 less the share of anomalies that its trainer expected. */
export function flagAtOf(model: { readonly training: { readonly contamination: number } }): number {
  // To nine digits, so that a contamination of 0.02 is 0.98 and not a hair less.
  return Math.round((1 - model.training.contamination) * 1e9) / 1e9
}

/** A user is believed to score as anybody does until this many sessions say otherwise. */
const PRIOR_SESSIONS = 20

/** The held share is a mean over about this many events. */
const HOLD_EVENTS = 4000

/** The held threshold's tail is at most this many times wider or narrower than the one asked for. */
const HOLD_REACH = 4

/**
 * From which percentile on an event is an anomaly: for all, or for a user whose past says that his normal is strange.
 *
 * A user's own threshold comes from the share of his sessions that had a rare event (percentile 0.98) in them, the one
 * going on left out: whoever has k times as many as others is held to a tail k times smaller. A session, however many of
 * its events are rare, is one witness: an intruder cannot buy a higher threshold in one visit. One number a user, in his
 * baseline; nothing that features are computed from.
 */
export class Thresholds {
  readonly flagAt: number
  readonly #adaptive: AdaptiveBounds | undefined
  /** Whether the threshold of all follows the stream. */
  readonly holds: boolean
  /** Share of events now flagged for all, 1 - percentile. */
  #tail: number

  /** @throws TypeError naming the option, what it got and what it wanted */
  constructor(options: ThresholdOptions = {}) {
    expectKnown('thresholds', options, ['flagAt', 'adaptive', 'holdShare'])
    this.flagAt = expectNumber('flagAt', options.flagAt ?? FLAG_AT, 0, 1)
    this.holds = expectBoolean('holdShare', options.holdShare ?? false)
    this.#tail = 1 - this.flagAt
    const { adaptive } = options
    if (adaptive === undefined) return
    expectRecord('adaptive', adaptive)
    expectKnown('adaptive', adaptive, ['lowest', 'highest'])
    const lowest = expectNumber('adaptive.lowest', adaptive.lowest, 0, this.flagAt)
    this.#adaptive = { lowest, highest: expectNumber('adaptive.highest', adaptive.highest, this.flagAt, 1) }
  }

  /** The percentile from which on events are anomalies, where no user's own threshold says otherwise. */
  get forAll(): number {
    return this.holds ? 1 - this.#tail : this.flagAt
  }

  /** The percentile from which on an event of this user is an anomaly. */
  percentileFor(baseline: Float32Array): number {
    const { forAll } = this
    if (this.#adaptive === undefined) return forAll
    const sessions = Math.min(MEMORY_SESSIONS, baseline[AT.sessions] as number)
    const share = EXPECTED_SHARE + (sessions * (baseline[AT.rareExcess] as number)) / (PRIOR_SESSIONS + sessions)
    const own = 1 - (1 - forAll) * (EXPECTED_SHARE / share)
    return Math.min(this.#adaptive.highest, Math.max(this.#adaptive.lowest, own))
  }

  /**
   * Follows the stream of percentiles with the threshold of all, where the share is held: a stochastic approximation
   * (Robbins, Monro 1951) of the percentile that 1 - flagAt of the events exceed.
   */
  follow(percentile: number): void {
    const wanted = 1 - this.flagAt
    if (!this.holds || wanted === 0) return
    const flagged = percentile >= 1 - this.#tail ? 1 : 0
    const moved = this.#tail * Math.exp((wanted - flagged) / (HOLD_EVENTS * wanted))
    this.#tail = Math.min(1, HOLD_REACH * wanted, Math.max(wanted / HOLD_REACH, moved))
  }
}
