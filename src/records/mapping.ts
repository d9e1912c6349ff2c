import { EVENT_TYPES, type ParsedEvent, parseEvent } from '../event.ts'
import { isRecord, type LogRecord, RecordsError } from './row.ts'

/** The names of an event's fields on the wire. */
export const EVENT_FIELDS = [
  'user_id',
  'event_type',
  'device_type',
  'timestamp',
  'session_duration_sec',
  'events_in_session',
  'hour_of_day',
  'day_of_week',
] as const
export type EventField = (typeof EVENT_FIELDS)[number]

/**
 * Where an event's fields stand in a record that has names of its own: `{ user_id: 'account.id' }`. A dot steps into an
 * object; a dot in a name itself is written `\.`. In CSV, whose records are flat, the whole path is a column's name.
 * Fields that are not mapped stand under their own names.
 */
export type Mapping = { readonly [field in EventField]?: string }

/** A record's fields under the names of the wire. */
export type FieldsOf = (record: LogRecord) => LogRecord

/**
 * A mapping from what a command line says: `user_id=account.id`.
 *
 * @param known the fields that there are
 */
export function parseMapping(specs: readonly string[], known: readonly string[] = EVENT_FIELDS): Mapping {
  const mapping: Record<string, string> = {}
  for (const spec of specs) {
    const equals = spec.indexOf('=')
    if (equals < 0)
      throw new RecordsError(`got ${short(spec)}, wanted FIELD=PATH, as in user_id=account.id`, { code: 'mapping' })
    const field = spec.slice(0, equals)
    checkField(field, known)
    if (Object.hasOwn(mapping, field)) throw new RecordsError(`${short(field)} is mapped twice`, { code: 'mapping' })
    mapping[field] = spec.slice(equals + 1)
  }
  checkPaths(mapping, known)
  return mapping
}

function checkField(field: string, known: readonly string[]): void {
  if (known.includes(field)) return
  throw new RecordsError(`${short(field)} is no field of an event; these are: ${known.join(', ')}`, {
    code: 'mapping',
  })
}

/** @throws RecordsError that names the field which is none, or the path which leads nowhere */
export function checkMapping(mapping: Mapping): void {
  checkPaths(mapping, EVENT_FIELDS)
}

function checkPaths(paths: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const [field, path] of Object.entries(paths)) {
    checkField(field, known)
    if (typeof path !== 'string' || path === '') {
      throw new RecordsError(`the path of ${field} is empty; wanted a name, or names joined by dots`, {
        code: 'mapping',
      })
    }
    if (splitPath(path).includes('')) {
      throw new RecordsError(`the path of ${field}, ${short(path)}, has an empty name between its dots`, {
        code: 'mapping',
      })
    }
  }
}

/**
 * Settles a mapping once. Without one it is the identity, at no cost.
 *
 * @param flat whether a path is a name as a whole, dots and all
 */
export function compileMapping(mapping: Mapping, flat: boolean): FieldsOf {
  checkMapping(mapping)
  const paths = EVENT_FIELDS.map((field) => {
    const path = mapping[field] ?? field
    return { field, names: flat ? [path] : splitPath(path) }
  })
  if (paths.every(({ field, names }) => names.length === 1 && names[0] === field)) return (record) => record
  return (record) => {
    const fields: LogRecord = {}
    for (const { field, names } of paths) fields[field] = follow(record, names)
    return fields
  }
}

/**
 * The fields that a mapping names, and only those: undefined where its path leads nowhere. Where no steps lead there, a
 * name that is the whole path, dots and all, does: OpenTelemetry's attributes are flat.
 *
 * @param known the fields that there are
 * @throws RecordsError that names the field which is none, or the path which leads nowhere
 */
export function compilePaths(paths: Readonly<Record<string, unknown>>, known: readonly string[]): FieldsOf {
  checkPaths(paths, known)
  const steps = Object.entries(paths).map(([field, path]) => {
    const names = splitPath(path as string)
    return { field, names, flat: names.join('.') }
  })
  return (record) => {
    const fields: LogRecord = {}
    for (const { field, names, flat } of steps)
      fields[field] = follow(record, names) ?? (Object.hasOwn(record, flat) ? record[flat] : undefined)
    return fields
  }
}

/**
 * What makes events of records that are in hand: what reading NDJSON does to each line, without the lines.
 *
 * @param flat as in {@link compileMapping}
 * @throws RecordsError at once where the mapping is wrong; what it returns never throws
 */
export function eventReader(
  mapping: Mapping = {},
  eventTypes: readonly string[] = EVENT_TYPES,
  flat = false,
): (record: unknown) => ParsedEvent {
  const fieldsOf = compileMapping(mapping, flat)
  return (record) => parseEvent(isRecord(record) ? fieldsOf(record) : record, eventTypes)
}

/** What stands at the end of a path, or undefined. Only what a record has itself counts: no list, nothing inherited. */
function follow(record: LogRecord, names: readonly string[]): unknown {
  let value: unknown = record
  for (const name of names) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined
    value = (value as LogRecord)[name]
  }
  return value
}

function splitPath(path: string): string[] {
  return path.split(/(?<!\\)\./).map((name) => name.replaceAll('\\.', '.'))
}

/** A name for a message, whatever its length. */
export function short(name: string): string {
  return JSON.stringify(name.length <= 40 ? name : `${name.slice(0, 40)}…`)
}
