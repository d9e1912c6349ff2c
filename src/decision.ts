/** What came of one event: the value that handlers, spans, logs and block responses are made from. */

export type Outcome = 'allow' | 'flag' | 'block'
export type Mode = 'observe' | 'enforce'

/**
 * Why an event was not scored: nobody to hold it against, no valid event, a store that took too long or failed, or a
 * model that could not score it.
 */
export type NotScored = 'no_identity' | 'bad_event' | 'timeout' | 'store' | 'model'

export const NOT_SCORED: readonly NotScored[] = ['no_identity', 'bad_event', 'timeout', 'store', 'model']

/** One feature's part in a score. What has no part is no reason: an event with nothing odd about it has none. */
export interface Reason {
  readonly feature: string
  /** What the event had, in the unit in which people think of it. */
  readonly value: number | string
  /** What is usual for this user. */
  readonly expected: number | string
  /**
   * How far it pushed the event towards being an anomaly, in units of the forest's raw output (mean path length over
   * c(psi)). Over all reasons they add up to how far the raw output is from that of an event with nothing odd about it.
   */
  readonly contribution: number
  /** For people: `events per second 14, usually 0.2`. */
  readonly text: string
}

/** Whose normal an event was held against. */
export interface BaselineSummary {
  /** `user` from ten events of the user's own on, `population` for a user who is new. */
  readonly level: 'user' | 'population'
  /** Events of the user known before this one. */
  readonly events: number
}

export interface ModelSummary {
  readonly name: string
  readonly version: string
  readonly featureSet: string
}

/** What a detector says of an event, before anybody decides what to do about it. */
export interface Verdict {
  /** 0..1, higher is stranger. */
  readonly score: number
  /** Share of the training events that score lower, 0..1. */
  readonly percentile: number
  /** The score at which an event of this user is an anomaly, 0..1. */
  readonly threshold: number
  readonly isAnomaly: boolean
  readonly baseline: BaselineSummary
  /** Strongest first; empty unless the event is an anomaly or reasons were asked for. Computed when first read. */
  readonly reasons: readonly Reason[]
}

export interface Decision {
  /** Random; also in a block response and on the span. */
  readonly id: string
  readonly state: 'scored' | 'not_scored'
  /** Why not, where it was not scored; `skipped`: the application wanted none. */
  readonly why: NotScored | 'skipped' | undefined
  /** null where not scored, never 0. */
  readonly score: number | null
  readonly percentile: number | null
  /** The score at which an event is an anomaly. */
  readonly threshold: number
  readonly isAnomaly: boolean
  /** What was done. */
  readonly outcome: Outcome
  /** What enforcing would have done. */
  readonly wouldBe: Outcome
  readonly mode: Mode
  readonly baseline: BaselineSummary
  readonly reasons: readonly Reason[]
  readonly model: ModelSummary
}

/** What is done about a verdict, and about an event without one. */
export interface Policy {
  readonly mode: Mode
  /** Percentile from which on a request is blocked; undefined: never. */
  readonly blockAt: number | undefined
  /** What becomes of a request that could not be scored. */
  readonly onFailure: Readonly<Record<NotScored, 'allow' | 'block'>>
}

const UNKNOWN_BASELINE: BaselineSummary = { level: 'population', events: 0 }

const NO_REASONS: readonly Reason[] = Object.freeze([])

/** Makes the decision on an event that was scored. */
export function decide(verdict: Verdict, policy: Policy, model: ModelSummary): Decision {
  const { score, percentile, threshold, isAnomaly, baseline } = verdict
  // A user's own threshold may lie above blockAt: what is not even an anomaly is not blocked.
  const blocks = isAnomaly && policy.blockAt !== undefined && percentile >= policy.blockAt
  const wouldBe: Outcome = blocks ? 'block' : isAnomaly ? 'flag' : 'allow'
  const decision: Decision = {
    id: crypto.randomUUID(),
    state: 'scored',
    why: undefined,
    score,
    percentile,
    threshold,
    isAnomaly,
    outcome: policy.mode === 'enforce' ? wouldBe : 'allow',
    wouldBe,
    mode: policy.mode,
    baseline,
    reasons: isAnomaly ? NO_REASONS : verdict.reasons,
    model,
  }
  return isAnomaly ? withReasonsOf(verdict, decision) : decision
}

/** Makes the decision on an event that could not be scored. */
export function decideUnscored(
  why: NotScored | 'skipped',
  policy: Policy,
  threshold: number,
  model: ModelSummary,
): Decision {
  const wouldBe = why === 'skipped' ? 'allow' : policy.onFailure[why]
  return {
    id: crypto.randomUUID(),
    state: 'not_scored',
    why,
    score: null,
    percentile: null,
    threshold,
    isAnomaly: false,
    outcome: policy.mode === 'enforce' ? wouldBe : 'allow',
    wouldBe,
    mode: policy.mode,
    baseline: UNKNOWN_BASELINE,
    reasons: NO_REASONS,
    model,
  }
}

/** A verdict computes its reasons when they are read; so does the decision, to which they belong all the same. */
function withReasonsOf(verdict: Verdict, decision: Decision): Decision {
  return Object.defineProperty(decision, 'reasons', { get: () => verdict.reasons, enumerable: true })
}
