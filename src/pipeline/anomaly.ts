import type { ModelSummary, Reason, Verdict } from '../decision.ts'
import { unscoredAttributes, verdictAttributes } from '../telemetry/attributes.ts'

/**
 * The `anomaly` object that a record gets: the span attributes without their prefix, except for what only a decision
 * has, since nothing is decided here: id, mode, decision. {@link AnomalyWriter} writes the same as text.
 */
export type Anomaly = Record<string, string | number | boolean | readonly string[] | readonly Reason[]>

const PREFIX = 'anomaly.'

export function anomalyOf(verdict: Verdict, model: ModelSummary): Anomaly {
  const anomaly = withoutPrefix(verdictAttributes(verdict, model))
  if (verdict.reasons.length > 0) anomaly.explanation = verdict.reasons
  return anomaly
}

/** @param problem in words */
export function unscoredAnomaly(why: string, problem: string, threshold: number, model: ModelSummary): Anomaly {
  const { state, why: reason, ...rest } = withoutPrefix(unscoredAttributes(why, threshold, model))
  return { state, why: reason, problem, ...rest } as Anomaly
}

function withoutPrefix(attributes: Readonly<Record<string, Anomaly[string]>>): Anomaly {
  const anomaly: Anomaly = {}
  for (const name in attributes) anomaly[name.slice(PREFIX.length)] = attributes[name] as Anomaly[string]
  return anomaly
}
