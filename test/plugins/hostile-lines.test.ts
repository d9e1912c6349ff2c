import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { httpReceiver } from '../../plugins/http.ts'
import { scoreStream } from '../../plugins/stream.ts'
import { queueConsumer } from '../../plugins/workers.ts'
import { scoreIn } from './activity.ts'
import { GatheringSink } from './gathering-sink.ts'
import { event, HOSTILE_EVENTS, HOSTILE_LINES } from './hostile.ts'

// Hosts of lines are given the one list of hostile.ts. hostile-objects.test.ts has the hosts of objects, pipe.test.ts the
// command, workers-logs.test.ts workerd, and test/integration Kafka and rsyslog.

type Line = string | Uint8Array

/** Lines in, lines out, as many and in the same order. */
interface LineHost {
  readonly through: (lines: readonly string[]) => Promise<readonly Line[]>
  /** Lines that this host is never given as they are. */
  readonly without?: readonly string[]
  /** Events of more bytes pass unscored, as the options say. */
  readonly maxBytes?: number
}

const post = async (body: string): Promise<readonly Line[]> => {
  const sink = new GatheringSink()
  const receive = httpReceiver({ sink, secret: null })
  const response = await receive(new Request('https://logs.example/', { method: 'POST', body }), undefined)
  expect(response.status).toBe(200)
  return sink.lines
}

/** @param bodyOf what a producer makes of a line */
const queued = async (lines: readonly string[], bodyOf: (line: string) => unknown): Promise<readonly Line[]> => {
  const sink = new GatheringSink()
  const done: string[] = []
  const actions = { attempts: 1, ack: () => done.push('ack'), retry: () => done.push('retry') }
  const messages = lines.map((line, i) => ({ id: String(i), body: bodyOf(line), ...actions }))
  await queueConsumer({ sink })({ messages }, undefined)
  expect(new Set(done)).toEqual(new Set(['ack']))
  return sink.lines
}

async function throughPino(lines: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-hostile-'))
  try {
    const destination = join(folder, 'log')
    const target = fileURLToPath(new URL('../../plugins/pino.ts', import.meta.url))
    const stream = pino.transport({ pipeline: [{ target }, { target: 'pino/file', options: { destination } }] })
    await once(stream, 'ready')
    for (const line of lines) stream.write(`${line}\n`)
    stream.end()
    await once(stream, 'close')
    return readFileSync(destination, 'utf8').split('\n').slice(0, -1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function throughStream(lines: readonly string[]): Promise<readonly string[]> {
  const source = new Blob([lines.map((line) => `${line}\n`).join('')]).stream()
  return (await new Response(source.pipeThrough(scoreStream())).text()).split('\n').slice(0, -1)
}

// A record of a list has no space around it, and one that is no JSON would end the list: framing.ts has its tests for that.
const noJson = HOSTILE_LINES.filter(([, line]) => !isJson(line)).map(([what]) => what)

const lineHosts: Readonly<Record<string, LineHost>> = {
  scoreStream: { through: throughStream, maxBytes: 1_048_576 },
  'the pino transport': { through: throughPino },
  'the HTTP receiver, NDJSON': { through: (lines) => post(lines.join('\n')), without: ['nothing'] },
  'the HTTP receiver, a list': {
    through: (lines) => post(`[${lines.join(',')}]`),
    without: [...noJson, 'spaces everywhere'],
  },
  'the Queue consumer, text': { through: (lines) => queued(lines, (line) => line) },
  'the Queue consumer, bytes': { through: (lines) => queued(lines, (line) => new TextEncoder().encode(line)) },
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** What stands in a line that was scored beside its `anomaly`, which is its last member. */
function withoutVerdict(line: string): string {
  const at = line.lastIndexOf(',"anomaly":{"state":"scored"')
  return line.slice(0, at) + line.slice(line.lastIndexOf('}'))
}

describe.each(Object.entries(lineHosts))('%s', (_, { through, without = [], maxBytes = Infinity }) => {
  const good = JSON.stringify(event('bob'))

  /** Each line and what came of it; events before, between and after them are scored. */
  async function pairs(lines: typeof HOSTILE_LINES) {
    const given = lines.filter(([what]) => !without.includes(what))
    const got = await through([good, ...given.flatMap(([, line]) => [line, good])])
    expect(got.length).toBe(2 * given.length + 1)
    expect(got.filter((_, i) => i % 2 === 0).every((line) => scoreIn(line) !== undefined)).toBe(true)
    return given.map(([what, line], i) => ({ what, line, out: textOf(got[2 * i + 1] ?? '') }))
  }

  it('passes every hostile line as it came, between events that are scored', async () => {
    const changed = (await pairs(HOSTILE_LINES)).filter(({ line, out }) => out !== line)
    expect(changed.map(({ what }) => what)).toEqual([])
  }, 60_000)

  it('scores every hostile event, and leaves the rest of it as it was written', async () => {
    const spoilt = (await pairs(HOSTILE_EVENTS)).filter(({ line, out }) =>
      line.length > maxBytes ? out !== line : scoreIn(out) === undefined || withoutVerdict(out) !== line,
    )
    expect(spoilt.map(({ what }) => what)).toEqual([])
  }, 60_000)
})

function textOf(line: Line): string {
  return typeof line === 'string' ? line : new TextDecoder().decode(line)
}
