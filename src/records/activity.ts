import { type BehaviorEvent, type EventProblem, MAX_USER_ID_LENGTH, parseEvent } from '../event.ts'
import { addressKey, sessionKey, userKey } from '../identity.ts'
import { classifyRequest, deviceOf } from '../request.ts'
import { EVENT_FIELDS, type EventField } from './mapping.ts'
import { readMoment } from './moment.ts'
import { routeOf } from './route.ts'
import { ownText } from './row.ts'

/** What a record may say of a request, beside or instead of an event's own fields. */
export const REQUEST_FIELDS = [
  'session_id',
  'client_address',
  'method',
  'path',
  'route',
  'status',
  'bytes',
  'user_agent',
] as const

export const ACTIVITY_FIELDS: readonly ActivityField[] = [...EVENT_FIELDS, ...REQUEST_FIELDS]
export type ActivityField = EventField | (typeof REQUEST_FIELDS)[number]

/**
 * What a record says that somebody did: an event by the names of the wire, or a request, whose event type and device are
 * then told as the middleware tells them. Who did it is the user, else the session, else the client's address.
 */
export type Activity = { readonly [field in ActivityField]?: unknown }

/**
 * `no_event`: the record tells of nothing that somebody did, as most lines of an application's log. `no_identity`: of
 * something, but not who did it. `bad_event`: of something, but not so that it can be scored.
 */
export type Unmapped = 'no_event' | 'no_identity' | 'bad_event'

/** A record as an event, under the key of its user's baseline; or why it is none. */
export type MappedEvent =
  | { readonly ok: true; readonly event: BehaviorEvent }
  | { readonly ok: false; readonly why: Unmapped; readonly problems: readonly EventProblem[] }

/** @param nowMs the time of an activity that says none; undefined: such an activity is no event */
export function activityEvent(
  activity: Activity,
  eventTypes: readonly string[],
  nowMs: number | undefined,
): MappedEvent {
  const method = textOf(activity.method)
  const path = textOf(activity.path) ?? textOf(activity.route)
  const isRequest = method !== undefined && path !== undefined
  if (!isRequest && isNothing(activity.event_type)) return new NoEvent(activity, eventTypes)

  const subject = isRequest ? routeOf(path) : ''
  const eventType = isRequest && isNothing(activity.event_type) ? classifyRequest(method, subject) : activity.event_type
  const agent = textOf(activity.user_agent)
  const derives = isNothing(activity.device_type) && (isRequest || agent !== undefined)
  const deviceType = derives ? deviceOf(agent) : activity.device_type
  const timed = !isNothing(activity.timestamp)
  const timeMs = timed ? readMoment(activity.timestamp) : nowMs
  const key = keyOf(activity)

  const parsed = parseEvent(
    {
      user_id: key ?? activity.user_id,
      event_type: eventType,
      device_type: deviceType,
      timestamp: timeMs === undefined ? activity.timestamp : new Date(timeMs).toISOString(),
      session_duration_sec: activity.session_duration_sec,
      events_in_session: activity.events_in_session,
      hour_of_day: activity.hour_of_day,
      day_of_week: activity.day_of_week,
    },
    eventTypes,
  )
  if (!parsed.ok) return refusal(parsed.problems)
  if (key === undefined) return refusal([NO_KEY])
  if (!isRequest) return parsed
  const route = textOf(activity.route)
  const request = {
    method: ownText(method),
    route: ownText(route === undefined ? subject : routeOf(route)),
    status: countOf(activity.status, 100, 599),
    bytes: countOf(activity.bytes, 0, Number.MAX_SAFE_INTEGER),
  }
  return { ok: true, event: { ...parsed.event, request } }
}

/** An event of the wire under the key of its user's baseline. */
export function keyed(event: BehaviorEvent): MappedEvent {
  const key = userKey(event.userId)
  if (key === event.userId) return { ok: true, event }
  return key === undefined ? refusal([NO_KEY]) : { ok: true, event: { ...event, userId: key } }
}

export function refusal(problems: readonly EventProblem[]): MappedEvent {
  const nameless = problems.length > 0 && problems.every(({ field }) => field === 'user_id')
  return { ok: false, why: nameless ? 'no_identity' : 'bad_event', problems }
}

/** Most lines of an application's log: what an event would have needed is told to those who ask. */
class NoEvent {
  readonly ok = false
  readonly why = 'no_event'
  readonly #activity: Activity
  readonly #eventTypes: readonly string[]

  constructor(activity: Activity, eventTypes: readonly string[]) {
    this.#activity = activity
    this.#eventTypes = eventTypes
  }

  get problems(): readonly EventProblem[] {
    const parsed = parseEvent(this.#activity, this.#eventTypes)
    return parsed.ok ? [] : parsed.problems
  }
}

const NO_KEY: EventProblem = {
  field: 'user_id',
  got: 'an id that can be no key',
  wanted: `text of 1 to ${MAX_USER_ID_LENGTH} characters, or an integer`,
}

/** As the middleware has it: who is named by an id that can be no key is nobody, not the next best. */
function keyOf({ user_id: user, session_id: session, client_address: address }: Activity): string | undefined {
  if (!isNothing(user)) return userKey(user)
  if (!isNothing(session)) return sessionKey(session)
  return typeof address === 'string' ? addressKey(address) : undefined
}

export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function countOf(value: unknown, low: number, high: number): number | undefined {
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isInteger(count) && count >= low && count <= high ? count : undefined
}
