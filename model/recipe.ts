import { EVENT_TYPES } from '../src/event.ts'
import { behavior } from '../src/features/index.ts'
import { FLAG_AT } from '../src/thresholds.ts'
import type { TrainOptions } from './train.ts'

/** How the bundled model is trained: 200 trees of 256 events. */
export function recipe(seed: number): TrainOptions {
  return {
    name: 'hedgerow-behavior',
    featureSet: behavior(EVENT_TYPES),
    eventTypes: EVENT_TYPES,
    forest: { trees: 200, sampleSize: 256 },
    contamination: 1 - FLAG_AT,
    seed,
    maxUsers: 1_000_000,
  }
}
