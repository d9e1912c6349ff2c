import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dayOfWeek,
  EVENT_TYPES,
  type EventProblem,
  formatProblems,
  hourOfDay,
  MAX_USER_ID_LENGTH,
  parseEvent,
} from '../src/event.ts'

const complete = {
  user_id: 'ada',
  event_type: 'view',
  session_duration_sec: 12.5,
  events_in_session: 3,
  hour_of_day: 9,
  day_of_week: 2,
  device_type: 'desktop',
}
const timed = { user_id: 'ada', event_type: 'view', device_type: 'desktop', timestamp: '2024-02-29T23:30:00Z' }

function problemsOf(record: unknown): readonly EventProblem[] {
  const parsed = parseEvent(record)
  return parsed.ok ? [] : parsed.problems
}

describe('an event that is complete', () => {
  it('is read as it stands', () => {
    expect(parseEvent(complete)).toEqual({
      ok: true,
      event: {
        userId: 'ada',
        eventType: 'view',
        deviceType: 'desktop',
        hourOfDay: 9,
        dayOfWeek: 2,
        sessionDurationSec: 12.5,
        eventsInSession: 3,
        timestampMs: undefined,
        request: undefined,
      },
    })
  })

  it('needs no session, hour and weekday where it has a timestamp', () => {
    expect(parseEvent(timed)).toMatchObject({
      ok: true,
      event: {
        timestampMs: Date.UTC(2024, 1, 29, 23, 30),
        hourOfDay: 23,
        dayOfWeek: 3,
        sessionDurationSec: undefined,
        eventsInSession: undefined,
      },
    })
  })

  it('keeps its own hour and weekday beside a timestamp: they may be local', () => {
    const parsed = parseEvent({ ...timed, hour_of_day: 1, day_of_week: 4 })
    expect(parsed).toMatchObject({ ok: true, event: { hourOfDay: 1, dayOfWeek: 4 } })
  })

  it('has a user by text or by integer, which are the same', () => {
    expect(parseEvent({ ...complete, user_id: 42 })).toEqual(parseEvent({ ...complete, user_id: '42' }))
  })

  it('may have a type that the application declared', () => {
    expect(parseEvent({ ...complete, event_type: 'buy' }, ['view', 'buy'])).toMatchObject({ ok: true })
    expect(parseEvent({ ...complete, event_type: 'login' }, ['view', 'buy'])).toEqual({
      ok: false,
      problems: [{ field: 'event_type', got: '"login"', wanted: 'one of view, buy' }],
    })
  })

  it('reads the same from text, as CSV has it, whatever its numbers', () => {
    fc.assert(
      fc.property(
        fc.record({
          user_id: fc.string({ minLength: 1, maxLength: MAX_USER_ID_LENGTH }),
          event_type: fc.constantFrom(...EVENT_TYPES),
          session_duration_sec: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
          events_in_session: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
          hour_of_day: fc.integer({ min: 0, max: 23 }),
          day_of_week: fc.integer({ min: 0, max: 6 }),
          device_type: fc.constantFrom('desktop', 'mobile'),
        }),
        (record) => {
          const parsed = parseEvent(record)
          expect(parsed.ok).toBe(true)
          const asText = Object.fromEntries(Object.entries(record).map(([field, value]) => [field, String(value)]))
          expect(parseEvent(asText)).toEqual(parsed)
          expect(parseEvent(JSON.parse(JSON.stringify(record)))).toEqual(parsed)
        },
      ),
    )
  })
})

describe('a field that is wrong is refused by name, with what it got and what it wanted', () => {
  const userId = `text of 1 to ${MAX_USER_ID_LENGTH} characters, or an integer`
  const types = `one of ${EVENT_TYPES.join(', ')}`
  const derivable = ', or a timestamp to derive it from'
  const time = 'an ISO 8601 date and time from 1970 on'
  it.each<[string, unknown, string, string]>([
    ['user_id', undefined, 'nothing', userId],
    ['user_id', null, 'nothing', userId],
    ['user_id', '', 'nothing', userId],
    ['user_id', 'x'.repeat(257), 'text of 257 characters', userId],
    ['user_id', 'ad\ud800a', 'text of 4 characters, not all of them Unicode', userId],
    ['user_id', 1.5, 'a number that is no safe integer', userId],
    ['user_id', 2 ** 53, 'a number that is no safe integer', userId],
    ['user_id', Number.NaN, 'a number that is no safe integer', userId],
    ['user_id', true, 'true', userId],
    ['user_id', ['ada'], 'a list', userId],
    ['user_id', { name: 'ada' }, 'an object', userId],
    ['user_id', 7n, 'a bigint', userId],
    ['user_id', Symbol('ada'), 'a symbol', userId],
    ['event_type', undefined, 'nothing', types],
    ['event_type', 'View', '"View"', types],
    ['event_type', ' view', '" view"', types],
    ['event_type', 'toString', '"toString"', types],
    ['event_type', 'x'.repeat(41), 'text of 41 characters', types],
    ['event_type', 0, '0', types],
    ['event_type', ['view'], 'a list', types],
    ['device_type', 'tablet', '"tablet"', 'one of desktop, mobile'],
    ['device_type', '__proto__', '"__proto__"', 'one of desktop, mobile'],
    ['session_duration_sec', undefined, 'nothing', `a finite number >= 0${derivable}`],
    ['session_duration_sec', '', 'nothing', `a finite number >= 0${derivable}`],
    ['session_duration_sec', -0.001, '-0.001', 'a finite number >= 0'],
    ['session_duration_sec', Number.POSITIVE_INFINITY, 'Infinity', 'a finite number >= 0'],
    ['session_duration_sec', Number.NaN, 'NaN', 'a finite number >= 0'],
    ['session_duration_sec', 'Infinity', '"Infinity"', 'a finite number >= 0'],
    ['session_duration_sec', '1e999', '"1e999"', 'a finite number >= 0'],
    ['session_duration_sec', '0x10', '"0x10"', 'a finite number >= 0'],
    ['session_duration_sec', '0b1', '"0b1"', 'a finite number >= 0'],
    ['session_duration_sec', ' 12 ', '" 12 "', 'a finite number >= 0'],
    ['session_duration_sec', '12\n', '"12\\n"', 'a finite number >= 0'],
    ['session_duration_sec', ' ', '" "', 'a finite number >= 0'],
    ['session_duration_sec', '1,5', '"1,5"', 'a finite number >= 0'],
    ['session_duration_sec', '1_000', '"1_000"', 'a finite number >= 0'],
    ['session_duration_sec', '.', '"."', 'a finite number >= 0'],
    ['session_duration_sec', '9'.repeat(500), 'text of 500 characters', 'a finite number >= 0'],
    ['session_duration_sec', [5], 'a list', 'a finite number >= 0'],
    ['session_duration_sec', true, 'true', 'a finite number >= 0'],
    ['session_duration_sec', 5n, 'a bigint', 'a finite number >= 0'],
    ['session_duration_sec', { valueOf: () => 5 }, 'an object', 'a finite number >= 0'],
    ['events_in_session', 0, '0', 'an integer >= 1'],
    ['events_in_session', 1.5, '1.5', 'an integer >= 1'],
    ['events_in_session', 2 ** 53, '9007199254740992', 'an integer >= 1'],
    ['hour_of_day', 24, '24', 'an integer from 0 to 23'],
    ['hour_of_day', '-1', '"-1"', 'an integer from 0 to 23'],
    ['hour_of_day', 9.5, '9.5', 'an integer from 0 to 23'],
    ['day_of_week', 7, '7', 'an integer from 0 to 6, 0 = Monday'],
    ['timestamp', 'yesterday', '"yesterday"', time],
    ['timestamp', 1_709_251_200_000, '1709251200000', time],
    ['timestamp', '1709251200000', '"1709251200000"', time],
    ['timestamp', ['2024-02-29T00:00:00Z'], 'a list', time],
    ['timestamp', new Date(0), 'an object', time],
  ])('%s of %o', (field, value, got, wanted) => {
    expect(parseEvent({ ...complete, [field]: value })).toEqual({ ok: false, problems: [{ field, got, wanted }] })
  })

  it.each([undefined, null, 'text', 7, true, [complete], () => complete, Symbol('x')])(
    'a record that is none: %o',
    (record) => {
      expect(problemsOf(record)).toMatchObject([{ field: '', wanted: 'an object with the fields of an event' }])
    },
  )

  it('all at once, in the order of a sentence that people can read', () => {
    const problems = problemsOf({ ...complete, user_id: '', hour_of_day: 24 })
    expect(formatProblems(problems)).toBe(
      'user_id: got nothing, wanted text of 1 to 256 characters, or an integer; ' +
        'hour_of_day: got 24, wanted an integer from 0 to 23',
    )
    expect(formatProblems(problemsOf([]))).toBe('got a list, wanted an object with the fields of an event')
  })

  it('but never with the id of the user, wherever the trouble is', () => {
    const secret = 'ada@example.com'
    fc.assert(
      fc.property(
        fc.constantFrom<unknown>(secret, secret.repeat(20), [secret], { secret }, 4.2e99, Symbol(secret)),
        fc.anything(),
        (userId, other) => {
          const problems = problemsOf({ user_id: userId, event_type: other, timestamp: other, hour_of_day: other })
          expect(problems.length).toBeGreaterThan(0)
          expect(JSON.stringify(problems)).not.toContain(secret)
          expect(JSON.stringify(problems.filter(({ field }) => field === 'user_id'))).not.toContain('4.2e')
        },
      ),
    )
  })
})

describe('a timestamp', () => {
  const timeOf = (timestamp: string): number | undefined => {
    const parsed = parseEvent({ ...timed, timestamp })
    return parsed.ok ? parsed.event.timestampMs : undefined
  }

  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2024-02-29T23:59:59.999Z', Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['9999-12-31T23:59:59Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['2024-03-01T00:30:00+02:00', Date.UTC(2024, 1, 29, 22, 30)],
    ['2024-02-29T22:30:00-0530', Date.UTC(2024, 2, 1, 4)],
    ['2024-02-29 22:30:00+00', Date.UTC(2024, 1, 29, 22, 30)],
    ['2024-02-29T22:30', Date.UTC(2024, 1, 29, 22, 30)],
    ['2024-02-29T22:30Z', Date.UTC(2024, 1, 29, 22, 30)],
    ['2024-02-29t22:30:00z', Date.UTC(2024, 1, 29, 22, 30)],
    ['2024-02-29 22:30:00', Date.UTC(2024, 1, 29, 22, 30)],
    ['2024-02-29 22:30:00,5', Date.UTC(2024, 1, 29, 22, 30, 0, 500)],
    ['2024-02-29T22:30:00.123999999Z', Date.UTC(2024, 1, 29, 22, 30, 0, 123)],
    ['2024-02-29T22:30:00.1+01:00', Date.UTC(2024, 1, 29, 21, 30, 0, 100)],
  ])('of %s is read', (text, time) => {
    expect(timeOf(text)).toBe(time)
  })

  it.each([
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-13-10T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-32T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+01:60',
    '2024-01-01T00:00:00+1',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00.1234567890Z',
    '2024-01-01T00:00:00 UTC',
    '2024-01-01T00:00:00Z\n',
    ' 2024-01-01T00:00:00Z',
    '2024-01-01T0a:00:00Z',
    '2024-01-01',
    '2024-1-1T00:00:00Z',
    '20240101T000000Z',
    '+002024-01-01T00:00:00Z',
    '-02024-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '0099-12-31T23:59:59Z',
    '0070-01-02T00:00:00Z',
    '1970-01-01T00:00:00+00:01',
    '٢٠٢٤-01-01T00:00:00Z',
    'x'.repeat(100_000),
  ])('of %.40s is refused', (text) => {
    expect(timeOf(text)).toBeUndefined()
    expect(problemsOf({ ...timed, timestamp: text })[0]?.field).toBe('timestamp')
  })

  it("gives the time, the hour and the weekday that the platform's own dates give, at any offset", () => {
    const times = fc.date({ min: new Date('1970-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
    const offsets = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
    fc.assert(
      fc.property(times, offsets, (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
        const two = (n: number): string => String(n).padStart(2, '0')
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
        const parsed = parseEvent({ ...timed, timestamp: local + zone })
        expect(parsed).toMatchObject({
          ok: true,
          event: {
            timestampMs: date.getTime(),
            hourOfDay: date.getUTCHours(),
            dayOfWeek: (date.getUTCDay() + 6) % 7,
          },
        })
        expect(hourOfDay(date.getTime())).toBe(date.getUTCHours())
        expect(dayOfWeek(date.getTime())).toBe((date.getUTCDay() + 6) % 7)
      }),
    )
  })
})

describe('a record made to do harm', () => {
  it('has no field that it only inherits', () => {
    expect(problemsOf(Object.create(complete))).toHaveLength(7)
    const inherited = Object.assign(Object.create({ user_id: 'mallory' }) as object, {
      ...complete,
      user_id: undefined,
    })
    expect(problemsOf(inherited)).toMatchObject([{ field: 'user_id', got: 'nothing' }])
    expect(problemsOf(JSON.parse(`{"__proto__": ${JSON.stringify(complete)}}`))).toHaveLength(7)
  })

  it('may have no prototype at all', () => {
    expect(parseEvent(Object.assign(Object.create(null) as object, complete))).toEqual(parseEvent(complete))
  })

  it('is refused where reading it throws, and what it throws is not repeated', () => {
    const trap = {
      ...complete,
      get user_id(): string {
        throw new Error('ada@example.com')
      },
    }
    expect(problemsOf(trap)).toEqual([
      { field: '', got: 'an object that cannot be read', wanted: 'an object with the fields of an event' },
    ])
  })

  it('may be a proxy that has been revoked', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(problemsOf(proxy)).toMatchObject([{ field: '', got: 'an object that cannot be read' }])
    expect(problemsOf({ ...complete, event_type: proxy })).toMatchObject([{ got: 'an object that cannot be read' }])
  })

  it('has each field read once: what is checked is what is taken', () => {
    let reads = 0
    const fickle = {
      ...complete,
      get hour_of_day(): number {
        reads++
        return reads === 1 ? 9 : 99
      },
    }
    expect(parseEvent(fickle)).toMatchObject({ ok: true, event: { hourOfDay: 9 } })
    expect(reads).toBe(1)
  })

  it('never makes parsing throw, nor an event that breaks its own contract', () => {
    const value = fc.oneof(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), fc.string())
    const fields = [...Object.keys(complete), 'timestamp']
    const record = fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [] })
    fc.assert(
      fc.property(record, fc.subarray(fields), (hostile, kept) => {
        const source: Record<string, unknown> = { ...complete, timestamp: timed.timestamp }
        const parsed = parseEvent({ ...hostile, ...Object.fromEntries(kept.map((field) => [field, source[field]])) })
        if (!parsed.ok) {
          expect(parsed.problems.length).toBeGreaterThan(0)
          expect(formatProblems(parsed.problems).length).toBeLessThan(2_000)
          return
        }
        const { event } = parsed
        expect(event.userId.length).toBeGreaterThan(0)
        expect(EVENT_TYPES).toContain(event.eventType)
        expect(event.hourOfDay).toSatisfy((hour: number) => Number.isInteger(hour) && hour >= 0 && hour <= 23)
        expect(event.dayOfWeek).toSatisfy((day: number) => Number.isInteger(day) && day >= 0 && day <= 6)
        expect(event.sessionDurationSec ?? 0).toSatisfy((sec: number) => Number.isFinite(sec) && sec >= 0)
      }),
    )
  })

  it('gives no negative zero', () => {
    const parsed = parseEvent({ ...complete, session_duration_sec: -0, hour_of_day: '-0' })
    expect(parsed).toMatchObject({ ok: true, event: { sessionDurationSec: 0, hourOfDay: 0 } })
  })
})
