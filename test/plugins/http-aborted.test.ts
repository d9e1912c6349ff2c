import { request as send } from 'node:http'
import { gzipSync } from 'node:zlib'
import { type ServerType, serve } from '@hono/node-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { httpReceiver } from '../../plugins/http.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { GatheringSink } from './gathering-sink.ts'

// The receiver on a real server of Node's, and senders that go away.

const events = activity(4000, 20)
const body = Buffer.from(events.map((one) => `${JSON.stringify(one)}\n`).join(''))

let server: ServerType
let port: number
let sink = new GatheringSink()

beforeAll(async () => {
  const receive = httpReceiver({ sink: () => sink, secret: null, batchRecords: 100 })
  port = await new Promise<number>((resolve) => {
    server = serve({ fetch: (request) => receive(request, undefined), port: 0 }, (info) => resolve(info.port))
  })
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
afterEach(() => {
  sink = new GatheringSink()
})

/** Sends a part of a body, and goes away once the sink has been given some of it. */
async function goAway(part: Buffer, headers: Readonly<Record<string, string>>): Promise<void> {
  const request = send({ port, method: 'POST', headers })
  const gone = new Promise((resolve) => request.once('error', resolve))
  request.write(part)
  await expect.poll(() => sink.ids.length, { timeout: 20_000 }).toBeGreaterThan(0)
  request.destroy()
  await gone
  await expect.poll(() => sink.aborted, { timeout: 20_000 }).toBe(1)
}

const half = Math.floor(body.length / 2)
const gzipped = gzipSync(body, { level: 1 })
const aborted: readonly (readonly [what: string, part: Buffer, headers: Record<string, string>])[] = [
  ['of a length that was told', body.subarray(0, half), { 'content-length': String(body.length) }],
  ['in chunks', body.subarray(0, half), {}],
  ['that is gzip', gzipped.subarray(0, Math.floor(gzipped.length / 2)), { 'content-encoding': 'gzip' }],
  ['that ends within a list', Buffer.from(`[${JSON.stringify(events).slice(1, half)}`), {}],
]

describe('the HTTP receiver whose sender goes away', { timeout: 60_000 }, () => {
  it.each(aborted)('gives a delivery up in the middle of a body %s', async (_, part, headers) => {
    await goAway(part, headers)
    expect(sink.taken).toEqual([])
  })

  it('has learnt nothing of all that: sent again, it is scored as if for the first time', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
    expect([response.status, sink.taken.length]).toEqual([200, 1])
    expect(sink.lines.map(scoreIn)).toEqual(scoresOf(events))
  })

  it('notices it though the sink is slow', async () => {
    let release = (): void => undefined
    sink.before = () =>
      new Promise<void>((resolve) => {
        release = resolve
      })
    const request = send({ port, method: 'POST', headers: { 'content-length': String(body.length) } })
    request.once('error', () => undefined)
    request.write(body.subarray(0, half))
    await expect.poll(() => sink.ids.length, { timeout: 20_000 }).toBe(1)
    request.destroy()
    sink.before = () => undefined
    release()
    await expect.poll(() => sink.aborted, { timeout: 20_000 }).toBe(1)
    expect(sink.taken).toEqual([])
  })
})
