import { AT, readTime } from '../baseline/layout.ts'
import { predict } from '../baseline/predict.ts'
import type { Model } from '../model.ts'
import type { Held } from './schemas.ts'

/** All that is held on a user, in words where there are any, and number by number. */
export function heldOn(baseline: Float32Array, { featureSet, population }: Model): Held {
  const { layout } = featureSet
  const lastEvent = readTime(baseline, AT.lastEvent)
  const prediction = { mean: 0, spread: 1 }
  return {
    events: at(baseline, AT.events),
    sessions: at(baseline, AT.sessions),
    last_event_at: lastEvent > 0 ? new Date(lastEvent).toISOString() : null,
    usual: layout.quantities.map((quantity, i) => {
      predict(population, i, baseline, prediction)
      const { mean, spread } = prediction
      return {
        quantity: quantity.name,
        unit: quantity.unit,
        mean: quantity.inUnits(mean),
        low: quantity.inUnits(mean - spread),
        high: quantity.inUnits(mean + spread),
      }
    }),
    choices: Object.fromEntries(
      layout.categories.map(({ name, size, label }, i) => {
        const from = (layout.categoryAt[i] as number) + 1
        const counts = Array.from({ length: size }, (_, k) => [label(k), at(baseline, from + k)] as const)
        return [name, Object.fromEntries(counts.filter(([, count]) => count > 0))]
      }),
    ),
    values: [...baseline],
  }
}

function at(baseline: Float32Array, index: number): number {
  return baseline[index] ?? 0
}
