import type { Model } from '../model.ts'
import { factsOf } from '../model-facts.ts'
import { knownDrift } from './known-drift.ts'
import type { Predictor } from './predictor.ts'
import type { ModelCard } from './schemas.ts'

/** What the service scores with: features, training, thresholds, and how far behaviour has moved from the training's. */
export function modelCard(model: Model, { drift }: Predictor, flagAt: number): ModelCard {
  const { features, ...facts } = factsOf(model)
  const moved = new Map(knownDrift(drift)?.map(({ feature, psi }) => [feature, psi]))
  return {
    ...facts,
    features: features.map((each) => ({ ...each, drift: moved.get(each.feature) ?? null })),
    drift_events: drift.events,
    threshold_percentile: flagAt,
  }
}

export function modelSummary({ name, version, featureSet }: Model): {
  name: string
  version: string
  feature_set: string
} {
  return { name, version, feature_set: featureSet.name }
}
