import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server, until } from '../service/process.ts'
import { ordinary } from '../service/service.ts'
import { AUTHORISED, servePublished } from './command.ts'

let server: Server
beforeAll(async () => {
  server = await servePublished()
})
afterAll(() => server.end())

const predict = async (): Promise<number> => {
  const body = JSON.stringify(ordinary)
  return (await fetch(`${server.url}/predict`, { method: 'POST', body, headers: AUTHORISED })).status
}

/** Memory that a process has for its own, in MB. */
function residentMb(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

const ROWS = 1_000_000

/** What users do over days: sessions that grow event by event, none of them odd, and each row another. */
function* rows(): Generator<string> {
  for (let i = 0; i < ROWS; i++) {
    const count = 1 + (Math.floor(i / 5000) % 8)
    const event = { ...ordinary, user_id: i % 5000, events_in_session: count, session_duration_sec: 12 * count }
    yield `${JSON.stringify({ ...event, hour_of_day: 9 + (i % 8) })}\n`
  }
}

describe('a batch of a million rows', () => {
  it('is answered in order while it arrives, in memory that stays flat', { timeout: 600_000 }, async () => {
    const headers = { ...AUTHORISED, 'content-type': 'application/x-ndjson' }
    const asking = request({ port: server.port, host: '127.0.0.1', method: 'POST', path: '/predict/batch', headers })
    let [sent, answered, sentAtFirst, rest] = [0, 0, 0, '']
    const ended = new Promise<void>((resolve, reject) => {
      asking.on('error', reject)
      asking.on('response', (response) => {
        response.setEncoding('utf8').on('data', (text: string) => {
          if (answered === 0) sentAtFirst = sent
          const lines = (rest + text).split('\n')
          rest = lines.pop() ?? ''
          // Of an answer in a thousand all is looked at: that it is the one of its row.
          for (const line of lines) {
            if (answered++ % 1000 === 0) {
              expect(JSON.parse(line).baseline.events).toBe(Math.floor((answered - 1) / 5000))
            }
          }
        })
        response.on('end', resolve).on('error', reject)
      })
    })
    const memory: number[] = []
    const from = performance.now()
    let text = ''
    for (const row of rows()) {
      text += row
      if (++sent % 500 !== 0) continue
      if (!asking.write(text)) await new Promise<void>((resolve) => asking.once('drain', () => resolve()))
      text = ''
      if (sent % 20_000 === 0) memory.push(residentMb(server.child.pid))
    }
    asking.end(text)
    await ended
    const seconds = (performance.now() - from) / 1000
    console.log(
      `${Math.round(ROWS / seconds)} rows a second; the first answers with ${sentAtFirst} rows sent; ` +
        `MB at each fifth: ${[9, 19, 29, 39, 49].map((i) => Math.round(memory[i] ?? 0)).join(' ')}`,
    )
    expect(answered).toBe(ROWS)
    expect(sentAtFirst).toBeLessThan(ROWS / 10)
    // Flat but for one step of V8's young generation, which comes when it comes; the batch itself is 170 MB.
    const [early, late] = [Math.max(...memory.slice(5, 15)), Math.max(...memory.slice(-10))]
    expect(late).toBeLessThan(early + 100)
    expect(late).toBeLessThan(350)
  })
})

describe('clients that mean no good', () => {
  it('are let go where their headers come too slowly', async () => {
    const socket = connect(server.port, '127.0.0.1')
    let got = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text
    })
    const from = performance.now()
    socket.write('POST /predict HTTP/1.1\r\nHost: x\r\nX: ')
    const dripping = setInterval(() => socket.write('x'), 500)
    await new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve))
    clearInterval(dripping)
    expect(performance.now() - from).toBeLessThan(15_000)
    expect(got).toMatch(/^HTTP\/1\.1 408 [\s\S]*"field":"headers"/)
  })

  it('hold others up for seconds at most, six thousand at a time', async () => {
    const silent: Socket[] = []
    for (let i = 0; i < 6000; i++) silent.push(connect(server.port, '127.0.0.1').on('error', () => undefined))
    await until('all are connected, or refused', () => silent.every(({ connecting }) => !connecting))
    const from = performance.now()
    for (;;) if ((await predict().catch(() => 0)) === 200) break
    expect(performance.now() - from).toBeLessThan(15_000)
    for (const socket of silent) socket.destroy()
    await until('the next is answered at once', async () => (await predict()) === 200)
  })
})
