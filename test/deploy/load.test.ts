import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import type { Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../service/process.ts'
import { ordinary } from '../service/service.ts'
import { AUTHORISED, servePublished } from './command.ts'

const ROWS = 1_000_000
const USERS = 5000
/** Rows are written so many at a time. */
const GROUP = 500

let server: Server
beforeAll(async () => {
  server = await servePublished()
})
afterAll(() => server.end())

/** Memory that the service has for its own, in MB. */
function residentMb(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]) / 1024
}

/** What users do over days: sessions that grow event by event, none of them odd; each user's next row is the one 5,000 on. */
function row(i: number): string {
  const count = 1 + (Math.floor(i / USERS) % 8)
  const event = { ...ordinary, user_id: i % USERS, events_in_session: count, session_duration_sec: 12 * count }
  return JSON.stringify({ ...event, hour_of_day: 9 + (i % 8) })
}

/** Reads the answers, each in a line, a comma behind it or not. Of one in a thousand all is looked at: that it is its row's. */
async function checked(response: IncomingMessage, user: (i: number) => number, onFirst: () => void): Promise<number> {
  let [answered, rest] = [0, '']
  for await (const text of response.setEncoding('utf8')) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('{')) continue
      if (answered === 0) onFirst()
      if (answered % 1000 === 0) expect(JSON.parse(line.replace(/,$/, '')).baseline.events).toBe(user(answered))
      answered++
    }
  }
  return answered
}

const written = (to: Writable, text: string): Promise<void> | undefined =>
  to.write(text) ? undefined : new Promise((resolve) => to.once('drain', () => resolve()))

describe('a batch of a million rows', () => {
  it.each([
    ['lines', 'application/x-ndjson', false],
    ['a list', 'application/json', false],
    ['gzipped lines', 'application/x-ndjson', true],
  ])(
    'is answered in order while it arrives, in memory that stays flat: %s',
    { timeout: 600_000 },
    async (what, type, gzip) => {
      const isList = type === 'application/json'
      const encoding = gzip ? { 'content-encoding': 'gzip' } : {}
      const headers = { ...AUTHORISED, 'content-type': type, ...encoding }
      const to = { port: server.port, host: '127.0.0.1', method: 'POST', path: '/predict/batch' }
      const asking = request({ ...to, headers })
      const body = gzip ? createGzip({ level: 1 }) : asking
      if (body !== asking) body.pipe(asking)
      let [sent, sentAtFirst] = [0, 0]
      const known = knownBefore
      knownBefore += ROWS / USERS
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        asking.on('response', resolve).on('error', reject)
      }).then((response) =>
        checked(
          response,
          (i) => known + Math.floor(i / USERS),
          () => {
            sentAtFirst = sent
          },
        ),
      )
      const memory: number[] = []
      const from = performance.now()
      if (isList) body.write('[')
      for (; sent < ROWS; sent += GROUP) {
        const group = Array.from({ length: GROUP }, (_, i) => row(sent + i)).join(isList ? ',' : '\n')
        await written(body, isList && sent > 0 ? `,${group}` : isList ? group : `${group}\n`)
        if (sent % (ROWS / 50) === 0) memory.push(residentMb())
      }
      body.end(isList ? ']' : '')
      expect(await answered).toBe(ROWS)
      const seconds = (performance.now() - from) / 1000
      console.log(
        `${what}: ${Math.round(ROWS / seconds)} rows a second; the first answers with ${sentAtFirst} rows sent; ` +
          `MB at each fifth: ${[9, 19, 29, 39, 49].map((i) => Math.round(memory[i] ?? 0)).join(' ')}`,
      )
      expect(sentAtFirst).toBeLessThan(ROWS / 10)
      // Flat but for one step of V8's young generation, which comes when it comes; a batch is 170 MB, its answers 400.
      const [early, late] = [Math.max(...memory.slice(5, 15)), Math.max(...memory.slice(-10))]
      expect(late).toBeLessThan(early + 100)
      expect(late).toBeLessThan(350)
    },
  )
})

/** Events of each user that the service has learnt in earlier batches. */
let knownBefore = 0
