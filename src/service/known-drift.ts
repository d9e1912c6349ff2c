import type { DriftMonitor, FeatureDrift } from '../drift.ts'

/**
 * Events from which on a population stability index means something. Where nothing has moved it is not 0 but the noise of
 * the sample, about (bins - 1) / events: with 20 bins 0.02 at 1,000 events, well below the 0.1 from which on there is
 * something to speak of. After one event it is 15, and every restart would look like a reason to train again.
 */
export const LEAST_DRIFT_EVENTS = 1_000

/** The drift of each feature; undefined before there are events enough to know it. */
export function knownDrift(drift: DriftMonitor): FeatureDrift[] | undefined {
  return drift.events < LEAST_DRIFT_EVENTS ? undefined : drift.report()
}
