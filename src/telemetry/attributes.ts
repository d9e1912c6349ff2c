import type { Decision, Reason } from '../decision.ts'
import * as names from './names.ts'

export type AttributeValue = string | number | boolean | string[]
export type DecisionAttributes = Record<string, AttributeValue>

/** More reasons than this help nobody who reads a span. */
const MOST_REASONS = 3

/**
 * A decision as span attributes. Holds feature names, never their values,
 * and nothing that says who made the request.
 *
 * @param userHash the keyed hash of the user, where the application wants it
 */
export function attributesOf(decision: Decision, userHash: string | undefined): DecisionAttributes {
  const attributes: DecisionAttributes = {
    [names.ID]: decision.id,
    [names.STATE]: decision.state,
    [names.MODE]: decision.mode,
    [names.DECISION]: decision.outcome,
    [names.WOULD_BE]: decision.wouldBe,
    [names.THRESHOLD]: decision.threshold,
    [names.MODEL_NAME]: decision.model.name,
    [names.MODEL_VERSION]: decision.model.version,
  }
  if (userHash !== undefined) attributes[names.USER_HASH] = userHash
  if (decision.why !== undefined) attributes[names.WHY] = decision.why
  // Not scored is not a score of nought, nor "no anomaly".
  if (decision.score === null || decision.percentile === null) return attributes
  attributes[names.ISOLATION_SCORE] = decision.score
  attributes[names.PERCENTILE] = decision.percentile
  attributes[names.IS_ANOMALY] = decision.isAnomaly
  attributes[names.BASELINE_LEVEL] = decision.baseline.level
  const reasons = strongestReasons(decision.reasons)
  if (reasons.length > 0) attributes[names.REASONS] = reasons
  return attributes
}

/** The names of the features that count most. */
export function strongestReasons(reasons: readonly Reason[]): string[] {
  const strongest: string[] = []
  for (const { feature, contribution } of reasons) {
    if (strongest.length === MOST_REASONS || contribution <= 0) break
    strongest.push(feature)
  }
  return strongest
}
