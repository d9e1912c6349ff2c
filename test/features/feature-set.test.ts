import { describe, expect, it } from 'vitest'
import { assumedPopulation } from '../../src/baseline/population.ts'
import { EVENT_TYPES } from '../../src/event.ts'
import { classic, defineFeatureSet, type Feature } from '../../src/features/index.ts'
import { Observation } from '../../src/features/observation.ts'
import { device, pace } from '../../src/features/parts.ts'

const paceSurprise: Feature = { name: 'pace_surprise', of: 'surprise', quantity: 'pace' }
const deviceSurprise: Feature = { name: 'device_surprise', of: 'surprise', category: 'device' }
const strongest: Feature = { name: 'strongest_surprise', of: 'strongest' }
const define = (...features: Feature[]) => defineFeatureSet('own', [pace], [device], features, {})

describe('a feature set', () => {
  it('has the strongest surprise behind all of them, from which it is computed', () => {
    const set = define(paceSurprise, deviceSurprise, strongest)
    expect(set.features.map(({ name }) => name)).toEqual(['pace_surprise', 'device_surprise', 'strongest_surprise'])
    for (const features of [[paceSurprise, strongest, deviceSurprise], [strongest, paceSurprise], [strongest]]) {
      expect(() => define(...features)).toThrow(/^feature strongest_surprise: got a place that is not behind /)
    }
  })

  it('refuses parts that it does not have, and a name twice', () => {
    expect(() => define({ name: 'x', of: 'value', quantity: 'height' })).toThrow(
      'feature x: got height, wanted one of pace',
    )
    expect(() => define(paceSurprise, paceSurprise)).toThrow('feature pace_surprise: named twice')
  })

  it('is another one, by its hash, where its features are', () => {
    expect(define(paceSurprise).hash).not.toBe(define(deviceSurprise).hash)
    expect(define(paceSurprise).hash).toBe(define(paceSurprise).hash)
  })

  it('gives finite numbers for a session of any length, raw values too', () => {
    const set = classic(EVENT_TYPES)
    const observation = new Observation(set, assumedPopulation(set.layout))
    const baseline = new Float32Array(set.layout.width)
    for (const sessionDurationSec of [Number.MAX_VALUE, 60, 1e39]) {
      const event = {
        userId: 'u',
        eventType: 'view',
        deviceType: 'mobile',
        hourOfDay: 1,
        dayOfWeek: 1,
        sessionDurationSec,
        eventsInSession: Number.MAX_SAFE_INTEGER,
        timestampMs: undefined,
      } as const
      expect(observation.observe(event, 2, baseline).every(Number.isFinite)).toBe(true)
      observation.learn(event, 2, baseline)
      expect(baseline.every(Number.isFinite)).toBe(true)
    }
  })
})
