import { describe, expect, it } from 'vitest'
import { defaultModel } from '../model/default.ts'
import { evaluate, scoreOnline } from '../model/evaluate.ts'
import { simulate } from '../model/simulate/index.ts'
import { Detector } from '../src/detector.ts'
import type { BehaviorEvent } from '../src/event.ts'
import { Random } from '../src/random.ts'
import { Thresholds } from '../src/thresholds.ts'

const model = defaultModel()

/** A month in which, from the tenth day on, every session is 30% longer than it would have been: more events, as fast. */
function growingMonth(): BehaviorEvent[] {
  const startMs = Date.UTC(2026, 2, 2)
  const random = new Random(11)
  const events = simulate({ users: 300, days: 30, seed: 9, startMs }).map(({ event }) => event)
  return events
    .flatMap((event): BehaviorEvent[] => {
      const derived = { ...event, sessionDurationSec: undefined, eventsInSession: undefined }
      const grows = event.timestampMs - startMs > 10 * 86_400_000 && random.uniform() < 0.3
      return grows ? [derived, { ...derived, timestampMs: event.timestampMs + 5_000, eventType: 'view' }] : [derived]
    })
    .sort((a, b) => (a.timestampMs ?? 0) - (b.timestampMs ?? 0))
}

describe('thresholds', () => {
  it('are checked when they are set', () => {
    expect(() => new Thresholds({ flagAt: 1.2 })).toThrow('flagAt: got 1.2, wanted a number from 0 to 1')
    expect(() => new Thresholds({ adaptive: { lowest: 0.99, highest: 0.999 } })).toThrow(
      'adaptive.lowest: got 0.99, wanted a number from 0 to 0.98',
    )
    expect(() => new Thresholds({ adaptive: { lowest: 0.9, highest: 0.9 } })).toThrow(/^adaptive\.highest: got 0\.9/)
    expect(() => new Thresholds({ flagat: 0.9 } as object)).toThrow(/^thresholds: got an option flagat, wanted flagAt/)
  })

  it.each([0, 0.5, 1])('stay percentiles where the share that is held is that of flagAt %d', (flagAt) => {
    for (const percentile of [0, 1]) {
      const thresholds = new Thresholds({ flagAt, holdShare: true })
      for (let i = 0; i < 100_000; i++) thresholds.follow(percentile)
      expect(thresholds.forAll).toBeGreaterThanOrEqual(0)
      expect(thresholds.forAll).toBeLessThanOrEqual(1)
    }
  })

  it('follow an event once, however often a store has it learnt, and what was not scored hears of the threshold held', () => {
    const [first, ...others] = growingMonth().slice(0, 3000)
    const held = (times: number): number => {
      const detector = new Detector(model, { holdShare: true })
      for (const event of [first as BehaviorEvent, ...others]) {
        const verdict = detector.judge(event, undefined)
        const baseline = new Float32Array(model.featureSet.layout.width)
        for (let i = 0; i < times; i++) detector.learn(event, baseline.slice(), verdict)
      }
      expect(detector.threshold).toBe(detector.judge(first as BehaviorEvent, undefined).threshold)
      return detector.threshold
    }
    expect(held(1)).not.toBe(new Detector(model).threshold)
    expect(held(3)).toBe(held(1))
  })

  it('hold the share of flags within a quarter of what was asked for, in a month in which all sessions grow by 30%', () => {
    const { flagged } = scoreOnline(model, growingMonth(), { flagAt: 0.98, holdShare: true })
    const share = flagged.reduce((sum, flag) => sum + flag, 0) / flagged.length
    expect(share).toBeGreaterThan(0.015)
    expect(share).toBeLessThan(0.025)
    const lastThird = flagged.subarray(Math.floor((flagged.length * 2) / 3))
    const lately = lastThird.reduce((sum, flag) => sum + flag, 0) / lastThird.length
    expect(lately).toBeGreaterThan(0.015)
    expect(lately).toBeLessThan(0.025)
  })
})

describe('a user’s own threshold', () => {
  /** Somebody who looks at a few pages twice a day, and every sixth time runs through the archive in a burst. */
  function bursts(): BehaviorEvent[] {
    const random = new Random(3)
    return Array.from({ length: 240 }, (_, session): BehaviorEvent[] => {
      const burst = session % 6 === 0
      let timestampMs = Date.UTC(2026, 0, 5, 9) + session * 43_200_000 + random.integer(3_600_000)
      return Array.from({ length: burst ? 12 + random.integer(12) : 2 + random.integer(3) }, (__, i) => {
        timestampMs += (burst ? 2_000 : 30_000) * (0.5 + random.uniform())
        return {
          userId: 'somebody',
          eventType: burst && i % 3 === 1 ? 'download' : 'view',
          deviceType: 'desktop',
          hourOfDay: Math.floor(timestampMs / 3_600_000) % 24,
          dayOfWeek: 0,
          sessionDurationSec: undefined,
          eventsInSession: undefined,
          timestampMs,
        }
      })
    }).flat()
  }

  /** Flags in the second half. */
  const flags = (events: readonly BehaviorEvent[], highest: number | undefined): number => {
    const thresholds = highest === undefined ? {} : { adaptive: { lowest: 0.98, highest } }
    const { flagged } = scoreOnline(model, events, thresholds)
    return flagged.subarray(flagged.length >> 1).reduce((sum, flag) => sum + flag, 0)
  }

  it('does not flag somebody whose normal is strange for ever', () => {
    const events = bursts()
    const before = flags(events, undefined)
    expect(before).toBeGreaterThan(50)
    expect(flags(events, 0.999)).toBeLessThan(before / 5)
  })

  it('goes no further than the operator allows', () => {
    const events = bursts()
    expect(flags(events, 0.985)).toBeGreaterThan(20)
    expect(flags(events, 0.98)).toBe(flags(events, undefined))
  })

  it('is everybody’s for a user whom nobody has judged yet, however many sessions a trainer has learnt', () => {
    const detector = new Detector(model, { adaptive: { lowest: 0.9, highest: 0.999 } })
    const baseline = new Float32Array(model.featureSet.layout.width)
    for (const event of bursts()) detector.learn(event, baseline)
    expect(new Thresholds({ adaptive: { lowest: 0.9, highest: 0.999 } }).percentileFor(baseline)).toBeCloseTo(0.98, 12)
  })

  it('is not bought in one visit', () => {
    const detector = new Detector(model, { adaptive: { lowest: 0.98, highest: 0.999 } })
    const baseline = new Float32Array(model.featureSet.layout.width)
    const at = (timestampMs: number): BehaviorEvent => ({
      userId: 'u',
      eventType: 'view',
      deviceType: 'desktop',
      hourOfDay: Math.floor(timestampMs / 3_600_000) % 24,
      dayOfWeek: 0,
      sessionDurationSec: undefined,
      eventsInSession: undefined,
      timestampMs,
    })
    const live = (timestampMs: number): number => {
      const verdict = detector.judge(at(timestampMs), baseline)
      detector.learn(at(timestampMs), baseline, verdict)
      return verdict.threshold
    }
    const noon = Date.UTC(2026, 0, 5, 12)
    for (let day = 0; day < 30; day++) for (let i = 0; i < 3; i++) live(noon + day * 86_400_000 + i * 40_000)
    const before = live(noon + 30 * 86_400_000)
    for (let i = 0; i < 500; i++) live(noon + 31 * 86_400_000 + i * 200)
    const after = live(noon + 32 * 86_400_000)
    expect(model.scores.percentileOf(after)).toBeLessThan(0.991)
    expect(after).toBeGreaterThanOrEqual(before)
  })
})

describe('on the simulation, with users of irregular lives', () => {
  it('own thresholds cut false flags at equal recall', () => {
    const labelled = simulate({ users: 300, days: 42, seed: 21, irregular: 0.1 })
    const events = labelled.map(({ event }) => event)
    const kinds = labelled.map(({ kind }) => kind)
    const own = scoreOnline(model, events, { adaptive: { lowest: 0.98, highest: 0.999 } })
    const recall = (flags: Uint8Array): number =>
      kinds.reduce((sum, kind, i) => sum + (kind !== '' && flags[i] === 1 ? 1 : 0), 0)
    const falseFlags = (flags: Uint8Array): number =>
      kinds.reduce((sum, kind, i) => sum + (kind === '' && flags[i] === 1 ? 1 : 0), 0)
    // One threshold for all, at which as many anomalies are found.
    const odd = own.scores.filter((_, i) => kinds[i] !== '').sort()
    const cut = odd[odd.length - recall(own.flagged)] as number
    const forAll = Uint8Array.from(own.scores, (score) => (score >= cut ? 1 : 0))
    expect(recall(forAll)).toBe(recall(own.flagged))
    expect(falseFlags(own.flagged)).toBeLessThan(falseFlags(forAll))
    expect(evaluate(own, kinds).rocAuc).toBeGreaterThan(0.95)
  })
})
