import type { Decision, ModelSummary, Reason, Verdict } from '../decision.ts'
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
  const { score, percentile, why, threshold, model } = decision
  const attributes =
    score === null || percentile === null
      ? unscoredAttributes(why, threshold, model)
      : scoredAttributes(score, percentile, decision, model)
  attributes[names.ID] = decision.id
  attributes[names.MODE] = decision.mode
  attributes[names.DECISION] = decision.outcome
  attributes[names.WOULD_BE] = decision.wouldBe
  if (userHash !== undefined) attributes[names.USER_HASH] = userHash
  return attributes
}

/** What there is to say of an event that was scored, where nobody decides what to do about it. */
export function verdictAttributes(verdict: Verdict, model: ModelSummary): DecisionAttributes {
  return scoredAttributes(verdict.score, verdict.percentile, verdict, model)
}

/** What there is to say of an event that could not be scored. Not scored is not a score of nought, nor "no anomaly". */
export function unscoredAttributes(
  why: string | undefined,
  threshold: number,
  model: ModelSummary,
): DecisionAttributes {
  const attributes: DecisionAttributes = { [names.STATE]: 'not_scored' }
  if (why !== undefined) attributes[names.WHY] = why
  attributes[names.THRESHOLD] = threshold
  attributes[names.MODEL_NAME] = model.name
  attributes[names.MODEL_VERSION] = model.version
  return attributes
}

function scoredAttributes(
  score: number,
  percentile: number,
  { isAnomaly, threshold, baseline, reasons }: Pick<Verdict, 'isAnomaly' | 'threshold' | 'baseline' | 'reasons'>,
  model: ModelSummary,
): DecisionAttributes {
  const attributes: DecisionAttributes = {
    [names.STATE]: 'scored',
    [names.ISOLATION_SCORE]: score,
    [names.PERCENTILE]: percentile,
    [names.IS_ANOMALY]: isAnomaly,
    [names.THRESHOLD]: threshold,
    [names.BASELINE_LEVEL]: baseline.level,
    [names.MODEL_NAME]: model.name,
    [names.MODEL_VERSION]: model.version,
  }
  const strongest = strongestReasons(reasons)
  if (strongest.length > 0) attributes[names.REASONS] = strongest
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
