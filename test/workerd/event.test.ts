import { describe, expect, it } from 'vitest'
import { parseEvent } from '../../src/event.ts'

describe('an event in workerd', () => {
  it('runs in workerd, not in Node', () => {
    expect(navigator.userAgent).toBe('Cloudflare-Workers')
  })

  it('parses as on Node: hour and weekday come from the timestamp', () => {
    const parsed = parseEvent({
      user_id: 42,
      event_type: 'login',
      device_type: 'mobile',
      timestamp: '2026-03-01T23:30:00+02:00', // a Sunday, 21:30 UTC
    })
    expect(parsed).toEqual({
      ok: true,
      event: expect.objectContaining({ userId: '42', eventType: 'login', hourOfDay: 21, dayOfWeek: 6 }),
    })
  })

  it('refuses with the field, what it got and what it wanted', () => {
    expect(parseEvent({ user_id: 'u', event_type: 'login', device_type: 'mobile', timestamp: 'yesterday' })).toEqual({
      ok: false,
      problems: [
        expect.objectContaining({ field: 'timestamp', got: '"yesterday"' }),
        ...['session_duration_sec', 'events_in_session', 'hour_of_day', 'day_of_week'].map((field) =>
          expect.objectContaining({ field, got: 'nothing' }),
        ),
      ],
    })
  })
})
