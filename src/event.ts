import { dayOfWeek, hourOfDay, parseIsoTime } from './time.ts'

/**
 * The event: what one user did once. A request, a log line and a POST body all become this shape.
 *
 * On the wire (JSON, CSV) the names are snake_case; in code they are camelCase.
 */

export { dayOfWeek, hourOfDay } from './time.ts'

/** The event types that every model knows. A model may know more: an application's own, declared to the trainer. */
export const EVENT_TYPES: readonly string[] = ['login', 'logout', 'view', 'click', 'download']

export const DEVICE_TYPES: readonly DeviceType[] = ['desktop', 'mobile']
export type DeviceType = 'desktop' | 'mobile'

/** Longest user id taken, in UTF-16 units: whoever chooses the keys must not choose how much memory one takes. */
export const MAX_USER_ID_LENGTH = 256

/** Half of a surrogate pair. All of them are one and the same in UTF-8, so that two ids would become one in a store. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Whether a text can be a user's id: neither empty nor too long, and Unicode throughout. */
export function isUserId(text: string): boolean {
  return text.length >= 1 && text.length <= MAX_USER_ID_LENGTH && !LONE_SURROGATE.test(text)
}

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

/** Why a record is not an event: the field, what it got and what it wanted. Never quotes a user id. */
export interface EventProblem {
  readonly field: string
  readonly got: string
  readonly wanted: string
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

function refuse(problems: EventProblem[], field: string, given: unknown, wanted: string): undefined {
  problems.push({ field, got: describe(given), wanted })
}

/** A number of the wire: from `low` to `high`. */
interface NumberField {
  readonly field: string
  readonly low: number
  readonly high: number
  readonly whole: boolean
  readonly wanted: string
}

const DURATION: NumberField = {
  field: 'session_duration_sec',
  low: 0,
  high: Number.MAX_VALUE,
  whole: false,
  wanted: 'a finite number >= 0',
}
const COUNT: NumberField = {
  field: 'events_in_session',
  low: 1,
  high: Number.MAX_SAFE_INTEGER,
  whole: true,
  wanted: 'an integer >= 1',
}
const HOUR: NumberField = { field: 'hour_of_day', low: 0, high: 23, whole: true, wanted: 'an integer from 0 to 23' }
const DAY: NumberField = {
  field: 'day_of_week',
  low: 0,
  high: 6,
  whole: true,
  wanted: 'an integer from 0 to 6, 0 = Monday',
}

/** Numbers as CSV has them: no spaces, no `0x10`, no `Infinity`, which `Number()` takes. Leading zeros are well: `08`. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const MAX_NUMBER_LENGTH = 400

function readNumber(field: NumberField, given: unknown, timed: boolean, problems: EventProblem[]): number | undefined {
  if (isMissing(given)) {
    if (timed) return undefined
    return refuse(problems, field.field, given, `${field.wanted}, or a timestamp to derive it from`)
  }
  let value = given
  if (typeof given === 'string' && given.length <= MAX_NUMBER_LENGTH && DECIMAL.test(given)) value = Number(given)
  if (typeof value === 'number' && value >= field.low && value <= field.high) {
    if (!field.whole || Number.isInteger(value)) return value + 0 // no -0
  }
  return refuse(problems, field.field, given, field.wanted)
}

function readUserId(given: unknown, problems: EventProblem[]): string | undefined {
  if (typeof given === 'string' && isUserId(given)) return given
  if (typeof given === 'number' && Number.isSafeInteger(given)) return String(given)
  // Never the value itself: it names somebody.
  let got = describe(given)
  if (typeof given === 'string' && given !== '') {
    got = `text of ${given.length} characters${given.length > MAX_USER_ID_LENGTH ? '' : ', not all of them Unicode'}`
  }
  if (typeof given === 'number') got = 'a number that is no safe integer'
  problems.push({ field: 'user_id', got, wanted: `text of 1 to ${MAX_USER_ID_LENGTH} characters, or an integer` })
  return undefined
}

function readChoice<T extends string>(
  field: string,
  given: unknown,
  choices: readonly T[],
  problems: EventProblem[],
): T | undefined {
  for (const choice of choices) if (choice === given) return choice
  return refuse(problems, field, given, `one of ${choices.join(', ')}`)
}

function isMissing(given: unknown): boolean {
  return given === undefined || given === null || given === ''
}

/** What a value is, short enough for a message whatever was sent. */
function describe(value: unknown): string {
  if (isMissing(value)) return 'nothing'
  if (typeof value === 'string') {
    return value.length <= 40 ? JSON.stringify(value) : `text of ${value.length} characters`
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return `a ${typeof value}`
}
