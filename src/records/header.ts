import { EVENT_FIELDS, type EventField, type Mapping, short } from './mapping.ts'
import { RecordsError } from './row.ts'

/** Fields without which no row can be an event, whatever else it has. */
const NEEDED = ['user_id', 'event_type', 'device_type'] as const
/** What stands in for a timestamp. */
const UNTIMED = ['session_duration_sec', 'events_in_session', 'hour_of_day', 'day_of_week'] as const

/**
 * Checks the header of a CSV file once, instead of each of its rows.
 *
 * @throws RecordsError that names the column which is missing, or there twice
 */
export function checkHeader(names: readonly string[], mapping: Mapping): void {
  const column = (field: EventField): string => mapping[field] ?? field
  const lacks = (field: EventField): boolean => !names.includes(column(field))
  const list = (columns: readonly string[]): string => columns.map(short).join(', ')

  if (EVENT_FIELDS.every(lacks)) {
    // Perhaps a row of data stands in the header's place: its cells are nothing to quote.
    throw refusal(`no column of the header is a field of an event; wanted ${list(NEEDED.map(column))}, and others`)
  }
  for (const [i, name] of names.entries()) {
    const before = names.indexOf(name)
    if (before < i)
      throw refusal(`the header has the column ${short(name)} twice, as number ${before + 1} and ${i + 1}`)
    if (name === '__proto__') throw refusal('the header has a column named "__proto__"')
  }

  const missing = EVENT_FIELDS.filter((field) => lacks(field) && mapping[field] !== undefined)
  for (const field of NEEDED) if (lacks(field) && !missing.includes(field)) missing.push(field)
  if (missing.length === 0 && lacks('timestamp')) missing.push(...UNTIMED.filter(lacks))
  if (missing.length === 0) return
  const more = names.length > MOST_NAMED ? ', …' : ''
  throw refusal(`the header lacks ${list(missing.map(column))}; it has ${list(names.slice(0, MOST_NAMED))}${more}`)
}

/** Columns that a message names. */
const MOST_NAMED = 20

function refusal(message: string): RecordsError {
  return new RecordsError(message, { code: 'header' })
}
