import type { Decision, Reason } from '../decision.ts'
import { badKey, Refusal } from './problem.ts'
import type { Answer } from './schemas.ts'

/**
 * A decision as the wire has it: first what the older service answered, then what it did not know.
 *
 * @param withReasons without, they are not even computed
 * @param flagAt the percentile from which on an event is an anomaly
 * @throws Refusal where the event was not scored
 */
export function answerOf(decision: Decision, flagAt: number, withReasons: boolean): Answer {
  const { score, percentile, model } = decision
  if (score === null || percentile === null) throw notScored(decision)
  return {
    anomaly_score: score,
    is_anomaly: decision.isAnomaly,
    threshold_percentile: flagAt,
    percentile,
    threshold: decision.threshold,
    outcome: decision.outcome,
    reasons: withReasons ? decision.reasons.map(reasonOf) : [],
    baseline: decision.baseline,
    model: { name: model.name, version: model.version, feature_set: model.featureSet },
    id: decision.id,
  }
}

/** Its fields one by one: what else a reason may come to have is not promised to anybody. */
function reasonOf({ feature, value, expected, contribution, text }: Reason): Answer['reasons'][number] {
  return { feature, value, expected, contribution, text }
}

/** Why a decision has no score, as a response. */
export function notScored({ why }: Decision): Refusal {
  if (why === 'no_identity') return badKey()
  if (why === 'model') return new Refusal(500, { field: 'model', got: 'no score', wanted: 'a number' })
  const problem = { field: 'store', got: 'no answer', wanted: 'the baseline of the user' }
  return new Refusal(503, problem, { headers: { 'Retry-After': '1' } })
}
