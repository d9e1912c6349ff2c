import { behavior } from './behavior.ts'
import { classic } from './classic.ts'
import type { FeatureSet } from './feature-set.ts'

export { behavior } from './behavior.ts'
export { classic } from './classic.ts'
export { defineFeatureSet, type Feature, type FeatureSet } from './feature-set.ts'
export { normalFeatures } from './normal.ts'

/** The feature sets that a model file may name, made for the event types that the model knows. */
const FEATURE_SETS: Readonly<Record<string, (eventTypes: readonly string[]) => FeatureSet>> = { behavior, classic }

export const FEATURE_SET_NAMES: readonly string[] = Object.keys(FEATURE_SETS)

/** The feature set of that name, or undefined where there is none. */
export function featureSetNamed(name: string, eventTypes: readonly string[]): FeatureSet | undefined {
  return Object.hasOwn(FEATURE_SETS, name) ? FEATURE_SETS[name]?.(eventTypes) : undefined
}
