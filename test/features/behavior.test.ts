import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assumedPopulation, learnPopulation, type Population } from '../../src/baseline/population.ts'
import { type BehaviorEvent, EVENT_TYPES } from '../../src/event.ts'
import { behavior } from '../../src/features/index.ts'
import { Observation } from '../../src/features/observation.ts'

interface GoldenEvent {
  readonly user_id: string
  readonly event_type: string
  readonly device_type: 'desktop' | 'mobile'
  readonly hour_of_day: number
  readonly day_of_week: number
  readonly timestamp?: number
  readonly session_duration_sec?: number
  readonly events_in_session?: number
}

interface Golden {
  readonly events: readonly GoldenEvent[]
  readonly population: readonly number[]
  readonly features: readonly (readonly number[])[]
}

const golden = JSON.parse(readFileSync(new URL('../golden/behavior.golden.json', import.meta.url), 'utf8')) as Golden
const events = golden.events.map(
  (event): BehaviorEvent => ({
    userId: event.user_id,
    eventType: event.event_type,
    deviceType: event.device_type,
    hourOfDay: event.hour_of_day,
    dayOfWeek: event.day_of_week,
    timestampMs: event.timestamp,
    sessionDurationSec: event.session_duration_sec,
    eventsInSession: event.events_in_session,
  }),
)
const featureSet = behavior(EVENT_TYPES)

function replay(population: Population): { baselines: Float32Array[]; rows: number[][] } {
  const observation = new Observation(featureSet, population)
  const baselines = new Map<string, Float32Array>()
  const rows = events.map((event) => {
    const baseline = baselines.get(event.userId) ?? new Float32Array(featureSet.layout.width)
    baselines.set(event.userId, baseline)
    const type = EVENT_TYPES.indexOf(event.eventType)
    const row = [...observation.observe(event, type, baseline)]
    observation.learn(event, type, baseline)
    return row
  })
  return { baselines: [...baselines.values()], rows }
}

describe('behavior features, against an independent implementation', () => {
  const population = learnPopulation(featureSet.layout, replay(assumedPopulation(featureSet.layout)).baselines)

  it('learns the same population', () => {
    expect(population.values.length).toBe(golden.population.length)
    population.values.forEach((value, i) => {
      const wanted = golden.population[i] as number
      expect(Math.abs(value - wanted), `number ${i}: ${value}, wanted ${wanted}`).toBeLessThan(
        2e-4 * Math.max(1, Math.abs(wanted)),
      )
    })
  })

  it('computes the same features for every event, from the past alone', () => {
    const { rows } = replay(population)
    expect(rows.length).toBe(golden.features.length)
    rows.forEach((row, i) => {
      row.forEach((value, k) => {
        const wanted = golden.features[i]?.[k] as number
        const name = featureSet.features[k]?.name
        expect(Math.abs(value - wanted), `${name} of event ${i}: ${value}, wanted ${wanted}`).toBeLessThan(2e-3)
      })
    })
  })

  it('has all of its features at work in that log', () => {
    featureSet.features.forEach(({ name }, k) => {
      expect(
        golden.features.some((row) => (row[k] as number) > 0),
        name,
      ).toBe(true)
    })
  })
})
