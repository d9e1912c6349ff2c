import type { Scoring } from './forest/index.ts'
import type { Model, TrainingFacts } from './model.ts'

/** Percentiles whose thresholds are told. */
const LEVELS = [0.9, 0.95, 0.98, 0.99, 0.999] as const

/** What there is to know of a model, by the names of the wire. */
export interface ModelFacts {
  name: string
  version: string
  feature_set: string
  event_types: string[]
  training: TrainingFacts
  forest: { trees: number; sample_size: number; scoring: Scoring }
  thresholds: { percentile: number; score: number }[]
  /** In the order of the feature set. */
  features: { feature: string; mean: number; scale: number }[]
}

export function factsOf(model: Model): ModelFacts {
  const { featureSet, forest, training, scores } = model
  return {
    name: model.name,
    version: model.version,
    feature_set: featureSet.name,
    event_types: [...model.eventTypes],
    // To nine digits: 1 - 0.98 is not 0.02 in binary.
    training: { ...training, contamination: Number(training.contamination.toFixed(9)) },
    forest: { trees: forest.trees, sample_size: forest.sampleSize, scoring: forest.scoring },
    thresholds: LEVELS.map((percentile) => ({ percentile, score: scores.scoreAt(percentile) })),
    features: featureSet.features.map(({ name }, i) => ({
      feature: name,
      mean: model.mean[i] as number,
      scale: model.scale[i] as number,
    })),
  }
}
