import { describe, expect, it } from 'vitest'
import { type LabelledEvent, simulate } from '../../model/simulate/index.ts'
import { dayOfWeek, hourOfDay } from '../../src/event.ts'

const events = simulate({ users: 60, days: 21, seed: 5 })

function byUser(): Map<string, LabelledEvent[]> {
  return Map.groupBy(events, ({ event }) => event.userId)
}

describe('simulated activity', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(simulate({ users: 60, days: 21, seed: 5 })).toEqual(events)
    expect(simulate({ users: 60, days: 21, seed: 6 })).not.toEqual(events)
  })

  it('comes in order of time, hours and weekdays those of the time', () => {
    events.forEach(({ event }, i) => {
      expect(event.timestampMs).toBeGreaterThanOrEqual(events[i - 1]?.event.timestampMs ?? 0)
      expect(event.hourOfDay).toBe(hourOfDay(event.timestampMs))
      expect(event.dayOfWeek).toBe(dayOfWeek(event.timestampMs))
    })
  })

  it('has sessions that grow event by event, parted by more than half an hour of silence', () => {
    for (const own of byUser().values()) {
      own.forEach(({ event }, i) => {
        const before = own[i - 1]?.event
        if (before === undefined || event.timestampMs - before.timestampMs > 30 * 60_000) {
          expect(event).toMatchObject({ eventsInSession: 1, sessionDurationSec: 0, eventType: 'login' })
        } else {
          expect(event.eventsInSession).toBe(before.eventsInSession + 1)
          const grown = event.sessionDurationSec - before.sessionDurationSec
          expect(grown).toBeCloseTo((event.timestampMs - before.timestampMs) / 1000, 6)
        }
      })
    }
  })

  it('shows a user for the first time in the middle of the log', () => {
    const days = [...byUser().values()].map(
      (own) => (own[0]?.event.timestampMs ?? 0) - (events[0]?.event.timestampMs ?? 0),
    )
    expect(days.some((ms) => ms > 7 * 86_400_000)).toBe(true)
  })

  it('takes any seed that is a safe integer', () => {
    const first = (seed: number) => simulate({ users: 2, days: 2, seed })[0]?.event
    expect(first(Number.MAX_SAFE_INTEGER)).toBeDefined()
    expect(first(Number.MAX_SAFE_INTEGER)).not.toEqual(first(1))
  })
})
