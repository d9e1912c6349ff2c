import { EVENT_FIELDS, type Mapping, short } from './mapping.ts'
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
  const seen = new Map<string, number>()
  for (const [i, name] of names.entries()) {
    const before = seen.get(name)
    if (before !== undefined) {
      throw new RecordsError(`the header has the column ${short(name)} twice, as number ${before} and ${i + 1}`, {
        code: 'header',
      })
    }
    if (name === '__proto__') throw new RecordsError('the header has a column named "__proto__"', { code: 'header' })
    seen.set(name, i + 1)
  }
  const column = (field: (typeof EVENT_FIELDS)[number]): string => mapping[field] ?? field
  const lacks = (field: (typeof EVENT_FIELDS)[number]): boolean => !seen.has(column(field))

  const missing = EVENT_FIELDS.filter((field) => lacks(field) && mapping[field] !== undefined)
  for (const field of NEEDED) if (lacks(field) && !missing.includes(field)) missing.push(field)
  if (missing.length === 0 && lacks('timestamp')) missing.push(...UNTIMED.filter(lacks))
  if (missing.length === 0) return
  const wanted = missing.map((field) => short(column(field))).join(', ')
  const found = names.slice(0, 20).map(short).join(', ')
  throw new RecordsError(`the header lacks ${wanted}; it has ${found}${names.length > 20 ? ', …' : ''}`, {
    code: 'header',
  })
}
