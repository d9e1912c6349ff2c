import type { FeatureSet } from './feature-set.ts'

const DEVIATIONS: ReadonlySet<string> = new Set(['surprise', 'strongest', 'difference', 'distance'])

/**
 * The features of an event with nothing odd about it, which reasons are told against: no deviation from what is usual
 * for the user, and the training's mean of every feature that is not a deviation.
 *
 * @param mean of each feature, in the order of the set
 */
export function normalFeatures({ features }: FeatureSet, mean: Float32Array): Float32Array {
  return mean.map((value, i) => (DEVIATIONS.has(features[i]?.of ?? '') ? 0 : value))
}
