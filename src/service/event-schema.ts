import * as v from 'valibot'
import { DEVICE_TYPES, MAX_USER_ID_LENGTH } from '../event.ts'

/**
 * The event of the wire as a schema, for the documentation: `parseEvent` is what validates. A property test holds the two
 * together: whatever one takes, the other takes too. (parseEvent is more lenient in two ways, which the descriptions say:
 * numbers may come as decimal text, null and empty text count as absent.)
 */
export function eventSchema(eventTypes: readonly string[]) {
  const whose = {
    user_id: v.pipe(
      v.union([
        v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_USER_ID_LENGTH)),
        v.pipe(v.number(), v.integer(), v.minValue(Number.MIN_SAFE_INTEGER), v.maxValue(Number.MAX_SAFE_INTEGER)),
      ]),
      v.description('Whose event it is: text, or an integer.'),
    ),
    event_type: v.pipe(v.picklist(eventTypes), v.description('One that the model knows.')),
    device_type: v.picklist(DEVICE_TYPES),
  }
  const duration = v.pipe(v.number(), v.minValue(0), v.description('Seconds since the session began.'))
  const count = v.pipe(
    v.number(),
    v.integer(),
    v.minValue(1),
    v.maxValue(Number.MAX_SAFE_INTEGER),
    v.description('Events of the session so far, this one included.'),
  )
  const hour = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(23), v.description('0 to 23.'))
  const day = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(6), v.description('0 to 6, 0 = Monday.'))
  const time = v.pipe(v.string(), v.isoTimestamp(), v.description('ISO 8601 date and time, from 1970 on.'))
  return v.pipe(
    v.union([
      v.pipe(
        v.object({
          ...whose,
          session_duration_sec: duration,
          events_in_session: count,
          hour_of_day: hour,
          day_of_week: day,
          timestamp: v.optional(time),
        }),
        v.title('An event that says all itself'),
      ),
      v.pipe(
        v.object({
          ...whose,
          timestamp: time,
          session_duration_sec: v.optional(duration),
          events_in_session: v.optional(count),
          hour_of_day: v.optional(hour),
          day_of_week: v.optional(day),
        }),
        v.title('An event with a time, from which the rest is derived'),
      ),
    ]),
    v.description(
      'What one user did once. With a timestamp, hour and weekday may be left out, and so may the session: it is then ' +
        'derived from the earlier events of the user, 30 minutes of silence ending a session. Numbers may come as decimal ' +
        'text; null and empty text count as absent; other fields are ignored.',
    ),
    v.examples([EXAMPLE_EVENT]),
  )
}

/** The example of the service that this one follows. */
export const EXAMPLE_EVENT = {
  user_id: 123,
  event_type: 'login',
  session_duration_sec: 18000,
  events_in_session: 190,
  hour_of_day: 2,
  day_of_week: 1,
  device_type: 'desktop',
} as const
