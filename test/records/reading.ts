import { type ByteSource, type RecordOptions, type Row, readRecords } from '../../src/records/index.ts'

/** All rows of a text, or of bytes in chunks. */
export async function read(input: string | ByteSource, options?: RecordOptions): Promise<Row[]> {
  const source = typeof input === 'string' ? [new TextEncoder().encode(input)] : input
  const rows: Row[] = []
  for await (const batch of readRecords(source, options)) rows.push(...batch)
  return rows
}

/** What the rows were made of, byte for byte. */
export function inputOf(rows: readonly Row[]): Buffer {
  return Buffer.concat(rows.flatMap(({ text, end, bytes }) => [bytes ?? Buffer.from(text), Buffer.from(end)]))
}

/** A row in short: its line and kind, and the reason or the user. */
export function brief(row: Row): string {
  const more = row.kind === 'problem' ? ` ${row.reason}` : row.kind === 'event' ? ` ${row.event.userId}` : ''
  return `${row.line} ${row.kind}${more}`
}

/** Bytes cut at the places given, in any order. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((cut, i) => bytes.slice(cuts[i], cut))
}

/** Rows as values that can be compared. */
export function plain(rows: readonly Row[]): unknown {
  return rows.map((row) => ({ ...row, bytes: row.bytes === undefined ? undefined : [...row.bytes] }))
}

export const HEADER =
  'timestamp,user_id,session_duration_sec,events_in_session,hour_of_day,day_of_week,event_type,device_type'

/** A line of CSV under {@link HEADER}. */
export function csvLine(user: string): string {
  return `2024-02-29T23:30:00Z,${user},12.5,3,9,2,view,desktop`
}

/** A line of NDJSON. */
export function jsonLine(user: unknown, more: object = {}): string {
  const timestamp = '2024-02-29T23:30:00Z'
  return JSON.stringify({ user_id: user, event_type: 'view', device_type: 'desktop', timestamp, ...more })
}

/** A line of an access log. */
export function accessLine(client: string, request = 'GET / HTTP/1.1'): string {
  return `${client} - - [29/Feb/2024:23:30:00 +0000] "${request}" 200 512 "-" "curl/8.7.1"`
}
