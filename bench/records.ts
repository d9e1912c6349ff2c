/**
 * What reading costs a record, by format, beside what `JSON.parse` costs for the same records as NDJSON.
 *
 *     node bench/records.ts [RECORDS]
 *
 * What counts is the ratio, taken in one run; times depend on the machine and on what else it does.
 */
import { gzipSync } from 'node:zlib'
import { parseEvent } from '../src/event.ts'
import { Random } from '../src/random.ts'
import { readRecords } from '../src/records/index.ts'
import { type Case, timeInTurns } from './turns.ts'

const RECORDS = Number(process.argv[2] ?? 100_000)
const ROUNDS = 9
const CHUNK_BYTES = 65_536

const AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
]
const PATHS = ['/', '/articles/2024/spring/', '/static/app.3f9c.js', '/files/report.pdf', '/search?q=hedge&page=2']
const TYPES = ['login', 'view', 'view', 'click', 'download', 'logout']

const random = new Random(1)
const below = (n: number): number => random.uint32() % n
const records = Array.from({ length: RECORDS }, (_, i) => ({
  timestamp: new Date(1_709_000_000_000 + i * 1_000).toISOString(),
  user_id: `user_${below(500)}`,
  session_duration_sec: below(90_000) / 10,
  events_in_session: 1 + below(40),
  hour_of_day: below(24),
  day_of_week: below(7),
  event_type: TYPES[below(TYPES.length)] ?? '',
  device_type: below(3) === 0 ? 'mobile' : 'desktop',
}))
const month = (time: string): string => new Date(time).toUTCString().slice(8, 11)
const ndjson = records.map((record) => JSON.stringify(record)).join('\n')
const header = Object.keys(records[0] ?? {}).join(',')
const csv = `${header}\n${records.map((record) => Object.values(record).join(',')).join('\n')}`
const quoted = `${header}\n${records.map((record) => Object.values(record).map((cell) => `"${cell}"`)).join('\n')}`
const combined = records
  .map(({ timestamp: time }) => {
    const client = `${below(223) + 1}.${below(256)}.${below(256)}.${below(256)}`
    const path = PATHS[below(PATHS.length)]
    const clock = `${time.slice(8, 10)}/${month(time)}/${time.slice(0, 4)}:${time.slice(11, 19)} +0000`
    return `${client} - - [${clock}] "GET ${path} HTTP/1.1" 200 ${below(90_000)} "-" "${AGENTS[below(AGENTS.length)]}"`
  })
  .join('\n')

function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

function reading(bytes: Uint8Array): () => Promise<void> {
  return async () => {
    let events = 0
    for await (const rows of readRecords(chunks(bytes))) for (const row of rows) if (row.kind === 'event') events++
    if (events !== RECORDS) throw new Error(`got ${events} events, wanted ${RECORDS}`)
  }
}

const lines = ndjson.split('\n')
const cases: readonly Case[] = [
  ['JSON.parse alone', () => lines.forEach((line) => void JSON.parse(line))],
  ['parseEvent alone', () => records.forEach((record) => void parseEvent(record))],
  ['ndjson', reading(Buffer.from(ndjson))],
  ['ndjson, gzipped', reading(gzipSync(ndjson))],
  ['csv', reading(Buffer.from(csv))],
  ['csv, all cells quoted', reading(Buffer.from(quoted))],
  ['combined', reading(Buffer.from(combined))],
  ['combined, gzipped', reading(gzipSync(combined))],
]

console.log(`Node ${process.version}, ${RECORDS} records, ${ROUNDS} rounds`)
await timeInTurns(cases, { count: RECORDS, what: 'records', rounds: ROUNDS, clock: 'wall' })
