/**
 * What the pipe `hedgerow score -` costs an event, beside a program that reads JSON lines and writes them again.
 *
 *     node bench/pipe.ts [USERS]
 *
 * Without process and pipe, in CPU time, so that what else the machine does counts less. What counts is the ratio, taken
 * in one run. Reasons are computed for the flagged events alone, but cost about ten times what a score does: the share of
 * flagged events decides what they cost the stream.
 */
import { defaultModel } from '../model/default.ts'
import { eventsCsv } from '../model/simulate/csv.ts'
import { simulate } from '../model/simulate/index.ts'
import { Scorer } from '../src/cli/scorer.ts'
import { AnomalyWriter } from '../src/pipeline/anomaly-text.ts'
import { Output } from '../src/pipeline/output.ts'
import { Renderer } from '../src/pipeline/render.ts'
import { type EventRow, readRecords } from '../src/records/index.ts'
import { type Case, timeInTurns } from './turns.ts'

const USERS = Number(process.argv[2] ?? 1000)
const ROUNDS = 7
const CHUNK_BYTES = 65_536

const simulated = simulate({ users: USERS, seed: 3 })
const events = simulated.length
const lines = simulated.map(({ event }) =>
  JSON.stringify({
    timestamp: new Date(event.timestampMs).toISOString(),
    user_id: event.userId,
    event_type: event.eventType,
    session_duration_sec: event.sessionDurationSec,
    events_in_session: event.eventsInSession,
    hour_of_day: event.hourOfDay,
    day_of_week: event.dayOfWeek,
    device_type: event.deviceType,
  }),
)
const ndjson = Buffer.from(`${lines.join('\n')}\n`)
const csv = Buffer.from([...eventsCsv(simulated)].join(''))
const model = defaultModel()

function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

/** The least that any program does that reads a stream of JSON: lines, objects, lines again. */
function passThrough(): number {
  const decoder = new TextDecoder()
  let rest = ''
  let written = 0
  for (const chunk of chunks(ndjson)) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    let out = ''
    for (const part of parts) out += `${JSON.stringify(JSON.parse(part))}\n`
    written += Buffer.from(out).length
  }
  return written
}

let flagged = 0
async function pipe(bytes: Uint8Array, withReasons: boolean): Promise<number> {
  const scorer = new Scorer(model, {}, 50_000)
  const renderer = new Renderer(scorer, new AnomalyWriter(model, scorer.detector.threshold, withReasons), false)
  const records = readRecords(chunks(bytes))
  const out = new Output()
  let written = 0
  for await (const rows of records) {
    renderer.render(rows, records.format, ({ event }: EventRow) => event, out)
    written += Buffer.from(out.take()).length
  }
  if (scorer.events !== events) throw new Error(`got ${scorer.events} events, wanted ${events}`)
  flagged = scorer.flagged
  return written
}

const cases: readonly Case[] = [
  ['JSON read and written', passThrough],
  ['ndjson, no reasons', () => pipe(ndjson, false)],
  ['ndjson, reasons', () => pipe(ndjson, true)],
  ['csv, no reasons', () => pipe(csv, false)],
  ['csv, reasons', () => pipe(csv, true)],
]

await pipe(ndjson, false)
const share = `${((100 * flagged) / events).toFixed(2)}% flagged`
console.log(`Node ${process.version}, ${events} events of ${USERS} users, ${share}, ${ROUNDS} rounds`)
await timeInTurns(cases, { count: events, what: 'events', rounds: ROUNDS, clock: 'cpu' })
