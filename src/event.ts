import {
  COUNT,
  DAY,
  DURATION,
  describe,
  type EventProblem,
  HOUR,
  isMissing,
  readChoice,
  readNumber,
  readUserId,
  refuse,
} from './event-fields.ts'
import { dayOfWeek, hourOfDay, parseIsoTime } from './time.ts'

/**
 * The event: what one user did once. A request, a log line and a POST body all become this shape.
 *
 * On the wire (JSON, CSV) the names are snake_case; in code they are camelCase.
 */

export { type EventProblem, isUserId, MAX_USER_ID_LENGTH } from './event-fields.ts'
export { dayOfWeek, hourOfDay } from './time.ts'

/** The event types that every model knows. A model may know more: an application's own, declared to the trainer. */
export const EVENT_TYPES: readonly string[] = ['login', 'logout', 'view', 'click', 'download']

export const DEVICE_TYPES: readonly DeviceType[] = ['desktop', 'mobile']
export type DeviceType = 'desktop' | 'mobile'

/** What HTTP adds to an event, for feature sets that use it. */
export interface RequestFacts {
  readonly method: string
  /** The matched route where the application knows it, else the path without its query. */
  readonly route: string
  /** Response status, 100-599; undefined before the response. */
  readonly status: number | undefined
  /** Bytes of the response body; undefined where unknown. */
  readonly bytes: number | undefined
}

export interface BehaviorEvent {
  /** 1 to 256 characters, all of them Unicode. */
  readonly userId: string
  readonly eventType: string
  readonly deviceType: DeviceType
  /** 0-23, UTC where it comes from the timestamp. */
  readonly hourOfDay: number
  /** 0-6, 0 = Monday. */
  readonly dayOfWeek: number
  /** Seconds since the session began, >= 0; undefined: derived from the user's earlier events. */
  readonly sessionDurationSec: number | undefined
  /** Events of the session so far, this one included, >= 1; undefined: derived likewise. */
  readonly eventsInSession: number | undefined
  /** Milliseconds since 1970; undefined: the event carries no time, and windows and sessions cannot be derived from it. */
  readonly timestampMs: number | undefined
  readonly request?: RequestFacts | undefined
}

export type ParsedEvent =
  | { readonly ok: true; readonly event: BehaviorEvent }
  | { readonly ok: false; readonly problems: readonly EventProblem[] }

/**
 * Reads one record of the wire format. Numbers may come as decimal text (CSV), text fields may not come as numbers, except
 * the user id. Null and empty text count as absent. Only what the record has itself is read, once; fields that the schema
 * does not name are ignored. Never throws, whatever the record does.
 *
 * @param eventTypes the event types that the model knows
 */
export function parseEvent(record: unknown, eventTypes: readonly string[] = EVENT_TYPES): ParsedEvent {
  const wanted = 'an object with the fields of an event'
  try {
    if (isObject(record)) return readEvent(record, eventTypes)
    return refusal([{ field: '', got: describe(record), wanted }])
  } catch {
    // A getter or a proxy of somebody's making; what it threw is not ours to quote.
    return refusal([{ field: '', got: 'an object that cannot be read', wanted }])
  }
}

type Fields = Readonly<Record<string, unknown>>

function isObject(record: unknown): record is Fields {
  return typeof record === 'object' && record !== null && !Array.isArray(record)
}

function readEvent(record: Fields, eventTypes: readonly string[]): ParsedEvent {
  const problems: EventProblem[] = []
  const time = own(record, 'timestamp')
  const timestampMs = typeof time === 'string' && time !== '' ? parseIsoTime(time) : undefined
  const timed = timestampMs !== undefined
  if (!timed && !isMissing(time)) refuse(problems, 'timestamp', time, 'an ISO 8601 date and time from 1970 on')

  const userId = readUserId(own(record, 'user_id'), problems)
  const eventType = readChoice('event_type', own(record, 'event_type'), eventTypes, problems)
  const deviceType = readChoice('device_type', own(record, 'device_type'), DEVICE_TYPES, problems)
  const duration = readNumber(DURATION, own(record, DURATION.field), timed, problems)
  const count = readNumber(COUNT, own(record, COUNT.field), timed, problems)
  const hour = readNumber(HOUR, own(record, HOUR.field), timed, problems)
  const day = readNumber(DAY, own(record, DAY.field), timed, problems)
  if (problems.length > 0 || userId === undefined || eventType === undefined || deviceType === undefined) {
    return refusal(problems)
  }
  return {
    ok: true,
    event: {
      userId,
      eventType,
      deviceType,
      // Without a problem, what is not given here has a time to come from.
      hourOfDay: hour ?? hourOfDay(timestampMs ?? 0),
      dayOfWeek: day ?? dayOfWeek(timestampMs ?? 0),
      sessionDurationSec: duration,
      eventsInSession: count,
      timestampMs,
      request: undefined,
    },
  }
}

function refusal(problems: readonly EventProblem[]): ParsedEvent {
  return { ok: false, problems }
}

/** What a record has itself: a name that somebody put on every object's prototype is nobody's field. */
function own(record: Fields, field: string): unknown {
  return Object.hasOwn(record, field) ? record[field] : undefined
}

/** `field: got …, wanted …`, the problems joined by semicolons. */
export function formatProblems(problems: readonly EventProblem[]): string {
  return problems
    .map(({ field, got, wanted }) => `${field === '' ? '' : `${field}: `}got ${got}, wanted ${wanted}`)
    .join('; ')
}
