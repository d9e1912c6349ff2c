import type { Model } from '../model.ts'
import type { Predictor } from './predictor.ts'
import type { ModelCard } from './schemas.ts'

/** Percentiles whose thresholds are told. */
const LEVELS = [0.9, 0.95, 0.98, 0.99, 0.999]

/** What the service scores with: features, training, thresholds, and how far behaviour has moved from the training's. */
export function modelCard(model: Model, { drift }: Predictor, flagAt: number): ModelCard {
  const { featureSet, forest, training, scores } = model
  const moved = new Map(drift.report().map(({ feature, psi }) => [feature, psi]))
  return {
    ...modelSummary(model),
    event_types: [...model.eventTypes],
    features: featureSet.features.map(({ name }, i) => ({
      feature: name,
      mean: model.mean[i] ?? 0,
      scale: model.scale[i] ?? 0,
      drift: moved.get(name) ?? 0,
    })),
    training: { ...training },
    forest: { trees: forest.trees, sample_size: forest.sampleSize },
    threshold_percentile: flagAt,
    thresholds: LEVELS.map((percentile) => ({ percentile, score: scores.scoreAt(percentile) })),
  }
}

export function modelSummary({ name, version, featureSet }: Model): {
  name: string
  version: string
  feature_set: string
} {
  return { name, version, feature_set: featureSet.name }
}
