import { describe, expect, it } from 'vitest'
import { defaultModel } from '../model/default.ts'
import { Detector } from '../src/detector.ts'
import { type BehaviorEvent, parseEvent } from '../src/event.ts'

const model = defaultModel()
const detector = new Detector(model)
const DAY_MS = 86_400_000
const MONDAY_MS = Date.UTC(2026, 0, 5)

function event(timestampMs: number, more: Partial<BehaviorEvent> = {}): BehaviorEvent {
  return {
    userId: 'someone',
    eventType: 'view',
    deviceType: 'desktop',
    hourOfDay: Math.floor(timestampMs / 3_600_000) % 24,
    dayOfWeek: (Math.floor(timestampMs / DAY_MS) + 3) % 7,
    sessionDurationSec: undefined,
    eventsInSession: undefined,
    timestampMs,
    ...more,
  }
}

const empty = (): Float32Array => new Float32Array(model.featureSet.layout.width)

/** A user of regular habits: every day at ten, five views on a desktop, half a minute apart. */
function regular(days: number): Float32Array {
  const baseline = empty()
  for (let day = 0; day < days; day++) {
    for (let i = 0; i < 5; i++) detector.learn(event(MONDAY_MS + day * DAY_MS + 10 * 3_600_000 + i * 30_000), baseline)
  }
  return baseline
}

const nextTen = MONDAY_MS + 30 * DAY_MS + 10 * 3_600_000

describe('a detector', () => {
  it('finds the older service’s example an anomaly, of a user it has never seen', () => {
    const parsed = parseEvent({
      user_id: 123,
      event_type: 'login',
      session_duration_sec: 18000,
      events_in_session: 190,
      hour_of_day: 2,
      day_of_week: 1,
      device_type: 'desktop',
    })
    if (!parsed.ok) throw new Error('the example must parse')
    const verdict = detector.judge(parsed.event, undefined)
    expect(verdict.isAnomaly).toBe(true)
    expect(verdict.baseline).toEqual({ level: 'population', events: 0 })
  })

  it('finds the usual usual', () => {
    const verdict = detector.judge(event(nextTen), regular(30))
    expect(verdict.isAnomaly).toBe(false)
    expect(verdict.percentile).toBeLessThan(0.8)
    expect(verdict.baseline).toEqual({ level: 'user', events: 150 })
    expect(verdict.reasons).toEqual([])
  })

  it.each([
    ['another hour', event(nextTen - 7 * 3_600_000), 'hour_surprise'],
    ['another device', event(nextTen, { deviceType: 'mobile' }), 'device_surprise'],
    ['a long session', event(nextTen, { sessionDurationSec: 14_400, eventsInSession: 6 }), 'session_duration_surprise'],
    ['many events', event(nextTen, { sessionDurationSec: 500, eventsInSession: 50 }), 'events_in_session_surprise'],
  ])('scores %s higher than the usual, and names it first', (_, odd, feature) => {
    const baseline = regular(30)
    const usual = detector.judge(event(nextTen), baseline)
    const verdict = detector.judge(odd, baseline, true)
    expect(verdict.score).toBeGreaterThan(usual.score)
    expect(verdict.reasons[0]?.feature).toBe(feature)
  })

  it('says why in the user’s own units, with contributions that add up to the distance from an event with nothing odd', () => {
    const odd = event(nextTen - 7 * 3_600_000, { deviceType: 'mobile', sessionDurationSec: 30, eventsInSession: 90 })
    const baseline = regular(30)
    const { reasons } = detector.judge(odd, baseline, true)
    const vector = detector.features(odd, baseline)
    const distance = model.forest.rawOutput(new Float32Array(vector.length)) - model.forest.rawOutput(vector)
    const sum = reasons.reduce((total, { contribution }) => total + contribution, 0)
    expect(Math.abs(sum - distance)).toBeLessThan(1e-6)
    expect(reasons.map(({ contribution }) => contribution)).toEqual(
      reasons.map(({ contribution }) => contribution).sort((a, b) => b - a),
    )
    const hour = reasons.find(({ feature }) => feature === 'hour_surprise')
    expect(hour).toMatchObject({ value: '03:00', expected: '10:00', text: 'hour 03:00, usually 10:00' })
    const pace = reasons.find(({ feature }) => feature === 'pace_surprise')
    expect(pace?.text).toMatch(/^events per second 1\.49, usually 0\.0\d+$/)
  })

  it('changes nothing by judging', () => {
    const baseline = regular(3)
    const before = baseline.slice()
    detector.judge(event(nextTen), baseline, true)
    expect(baseline).toEqual(before)
  })

  it('flags exactly what scores at or over its threshold', () => {
    const baseline = regular(30)
    for (let count = 1; count < 200; count++) {
      const { score, isAnomaly } = detector.judge(
        event(nextTen, { sessionDurationSec: count * 20, eventsInSession: count }),
        baseline,
      )
      expect(isAnomaly).toBe(score >= detector.threshold)
    }
  })

  it('says of a usual event after unusual ones that it is not the event itself', () => {
    const baseline = regular(30)
    for (let i = 0; i < 8; i++) detector.learn(event(nextTen + i * 20_000, { eventType: 'download' }), baseline)
    const { reasons } = detector.judge(event(nextTen + 180_000), baseline, true)
    expect(reasons[0]).toMatchObject({
      feature: 'event_type_surprise',
      text: 'event type view, usually view, after a run of others',
    })
  })

  it('refuses an event type that the model does not know, without quoting it', () => {
    expect(detector.knows(event(nextTen, { eventType: 'teleport' }))).toBe(false)
    expect(() => detector.judge(event(nextTen, { eventType: 'teleport' }), undefined)).toThrow(
      /^event_type: (?!.*teleport)/,
    )
  })

  it('serves two detectors of one model side by side', () => {
    const strict = new Detector(model, { flagAt: 0.9 })
    expect(strict.threshold).toBeLessThan(detector.threshold)
    const baseline = regular(5)
    expect(strict.judge(event(nextTen), baseline).score).toBe(detector.judge(event(nextTen), baseline).score)
  })
})

describe('what is learnt', () => {
  const wild = (timestampMs: number): BehaviorEvent =>
    event(timestampMs, { sessionDurationSec: 80_000, eventsInSession: 5_000 })

  it('does not make an attacker normal in one session', () => {
    const baseline = regular(30)
    const first = detector.judge(wild(nextTen), baseline)
    detector.learn(wild(nextTen), baseline)
    const second = detector.judge(wild(nextTen + DAY_MS), baseline)
    expect(first.isAnomaly).toBe(true)
    expect(second.isAnomaly).toBe(true)
  })

  it('does make a real change of habit normal, in the end', () => {
    const baseline = regular(30)
    const changed = (day: number): BehaviorEvent =>
      event(nextTen + day * DAY_MS, { sessionDurationSec: 2_000, eventsInSession: 30 })
    expect(detector.judge(changed(0), baseline).isAnomaly).toBe(true)
    for (let day = 0; day < 45; day++) detector.learn(changed(day), baseline)
    expect(detector.judge(changed(46), baseline).isAnomaly).toBe(false)
  })

  it('stays finite, and can be written down, whatever an event says of itself', () => {
    const baseline = empty()
    for (const sessionDurationSec of [Number.MAX_VALUE, 0, 1e39]) {
      const absurd = event(Date.UTC(9999, 11, 31), { sessionDurationSec, eventsInSession: Number.MAX_SAFE_INTEGER })
      const verdict = detector.judge(absurd, baseline, true)
      for (const { value } of verdict.reasons) expect(value).not.toBe(Number.POSITIVE_INFINITY)
      detector.learn(absurd, baseline, verdict)
      expect(baseline.every(Number.isFinite)).toBe(true)
    }
  })

  it('never runs backwards in time', () => {
    const baseline = regular(3)
    detector.learn(event(MONDAY_MS - 400 * DAY_MS), baseline)
    expect(baseline.every(Number.isFinite)).toBe(true)
    expect(Number.isFinite(detector.judge(event(MONDAY_MS + 3 * DAY_MS), baseline).score)).toBe(true)
  })

  it('gets over one time from the future', () => {
    const baseline = regular(30)
    detector.learn(event(nextTen + 3650 * DAY_MS), baseline)
    let flagged = 0
    for (let day = 1; day <= 20; day++) {
      for (let i = 0; i < 5; i++) {
        const usual = event(nextTen + day * DAY_MS + i * 30_000)
        if (detector.judge(usual, baseline).isAnomaly) flagged++
        detector.learn(usual, baseline)
      }
    }
    expect(flagged).toBe(0)
  })

  it('of a session is no more for switching to and fro', () => {
    const visit = (devices: readonly ('desktop' | 'mobile')[]): number => {
      const baseline = regular(30)
      devices.forEach((deviceType, i) => {
        detector.learn(event(nextTen + i * 20_000, { deviceType }), baseline)
      })
      const later = detector.features(event(nextTen + DAY_MS, { deviceType: 'mobile' }), baseline)
      return later[model.featureSet.features.findIndex(({ name }) => name === 'device_surprise')] as number
    }
    const stayed = visit(new Array<'mobile'>(60).fill('mobile'))
    expect(visit(Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 'desktop' : 'mobile')))).toBeCloseTo(stayed, 6)
    expect(stayed).toBeGreaterThan(1)
  })

  it('keeps a session that never ends from being odd for ever', () => {
    const baseline = empty()
    let last = 0
    for (let minute = 0; minute < 60 * 24 * 10; minute += 5) {
      const now = event(MONDAY_MS + minute * 60_000)
      last = detector.judge(now, baseline).percentile
      detector.learn(now, baseline)
    }
    expect(last).toBeLessThan(0.98)
  })
})
