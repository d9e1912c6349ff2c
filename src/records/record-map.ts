import { EVENT_TYPES, type EventProblem, parseEvent } from '../event.ts'
import { expectChoice } from '../options.ts'
import {
  ACTIVITY_FIELDS,
  type Activity,
  type ActivityField,
  activityEvent,
  keyed,
  type MappedEvent,
  refusal,
} from './activity.ts'
import { activityOf, CONVENTIONS, type Convention } from './conventions.ts'
import { compilePaths } from './mapping.ts'
import { isRecord, type LogRecord } from './row.ts'

/**
 * How records become events, for the command and every plug-in:
 *
 * - `auto` (default): the names of the wire where a record has an `event_type`, else OpenTelemetry's semantic
 *   conventions, else the names of access logs;
 * - `wire`, `otel`, `access`: one of them alone;
 * - paths, as `--map` takes them: `{ user_id: 'account.id' }`, the other fields as `auto` finds them;
 * - a function that says what was done, or undefined where a record tells of nothing that somebody did.
 */
export type RecordMap = 'auto' | 'wire' | Convention | RecordPaths | RecordFunction

/** Where fields stand in a record. A dot steps into an object; one that belongs to a name is written `\.`. */
export type RecordPaths = { readonly [field in ActivityField]?: string }
export type RecordFunction = (record: LogRecord) => Activity | undefined

/**
 * Makes an event of a record. Never throws, whatever the record or a function of the application's does.
 *
 * @param nowMs the time of a record that tells none
 */
export type RecordMapper = (record: unknown, nowMs?: number) => MappedEvent

const NAMED = ['auto', 'wire', ...CONVENTIONS] as const

/** @throws TypeError or RecordsError, at once, that says what is wrong with the map */
export function recordMapper(map: RecordMap = 'auto', eventTypes: readonly string[] = EVENT_TYPES): RecordMapper {
  const read = readerOf(map, eventTypes)
  return (record, nowMs) => {
    try {
      // Within, since even whether it is a list cannot be asked of a proxy that was revoked.
      return isRecord(record) ? read(record, nowMs) : { ok: false, why: 'no_event', problems: problemsOf(record) }
    } catch {
      // A getter, a proxy, or a function of somebody's making; what it threw is not ours to quote.
      return UNREADABLE
    }
  }
}

/** Whether a map says where fields stand. */
export function isPaths(map: RecordMap): map is RecordPaths {
  return isRecord(map)
}

type Read = (record: LogRecord, nowMs: number | undefined) => MappedEvent

function readerOf(map: RecordMap, eventTypes: readonly string[]): Read {
  if (typeof map === 'function') {
    return (record, nowMs) => {
      const activity: unknown = map(record)
      if (activity === undefined || activity === null) return NOTHING_DONE
      return isRecord(activity) ? activityEvent(activity, eventTypes, nowMs) : UNREADABLE
    }
  }
  if (isPaths(map)) {
    if (Object.keys(map).length === 0) return readerOf('auto', eventTypes)
    const mapped = compilePaths(map, ACTIVITY_FIELDS)
    return (record, nowMs) => {
      const activity = { ...activityOf(record, CONVENTIONS), ...mapped(record) }
      return activityEvent(activity, eventTypes, nowMs)
    }
  }
  const name = expectChoice('map', map, NAMED)
  if (name === 'wire') return (record, nowMs) => wireEvent(record, eventTypes, nowMs)
  const conventions = name === 'auto' ? CONVENTIONS : [name]
  const takesWire = name === 'auto'
  return (record, nowMs) => {
    if (takesWire && isWire(record)) return wireEvent(record, eventTypes, nowMs)
    return activityEvent(activityOf(record, conventions), eventTypes, nowMs)
  }
}

/** Whether a record says all of itself that requests have to be asked for. */
function isWire(record: LogRecord): boolean {
  return Object.hasOwn(record, 'event_type') && Object.hasOwn(record, 'device_type') && Object.hasOwn(record, 'user_id')
}

function wireEvent(record: LogRecord, eventTypes: readonly string[], nowMs: number | undefined): MappedEvent {
  const parsed = parseEvent(record, eventTypes)
  if (parsed.ok) return keyed(parsed.event)
  if (nowMs === undefined || Object.hasOwn(record, 'timestamp')) return refusal(parsed.problems)
  return activityEvent(record, eventTypes, nowMs)
}

function problemsOf(value: unknown): readonly EventProblem[] {
  const parsed = parseEvent(value)
  return parsed.ok ? [] : parsed.problems
}

const NOTHING_DONE: MappedEvent = {
  ok: false,
  why: 'no_event',
  problems: [{ field: '', got: 'nothing from the map', wanted: 'what somebody did' }],
}
const UNREADABLE: MappedEvent = {
  ok: false,
  why: 'bad_event',
  problems: [{ field: '', got: 'an object that cannot be read', wanted: 'an object with the fields of an event' }],
}
