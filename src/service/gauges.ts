import { metrics } from '@opentelemetry/api'
import { SCOPE } from '../telemetry/names.ts'
import { knownDrift } from './known-drift.ts'
import type { Predictor } from './predictor.ts'

/** Has the metrics tell how far each feature has moved from what the model was trained on, once that is known. */
export function observeDrift({ drift }: Predictor): void {
  const gauge = metrics.getMeter(SCOPE).createObservableGauge('anomaly.feature_drift', {
    description: 'Population stability index of a feature since the start: above 0.25 train again',
    unit: '1',
  })
  gauge.addCallback((result) => {
    for (const { feature, psi } of knownDrift(drift) ?? []) result.observe(psi, { feature })
  })
}
