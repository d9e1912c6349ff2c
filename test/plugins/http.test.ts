import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { httpReceiver, type ReceiverOptions } from '../../plugins/http.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { away, GatheringSink, never } from './gathering-sink.ts'
import { event } from './hostile.ts'

const SECRET = 'Bearer 0123456789abcdef'

interface Sent {
  readonly status: number
  readonly answer: unknown
  readonly headers: Headers
}

function receiver(more: Partial<ReceiverOptions> = {}): {
  readonly sink: GatheringSink
  send(body: RequestInit['body'], headers?: Readonly<Record<string, string>>, method?: string): Promise<Sent>
} {
  const sink = new GatheringSink()
  const receive = httpReceiver({ sink, secret: SECRET, ...more })
  return {
    sink,
    async send(body, headers = {}, method = 'POST') {
      const init = { method, body: body ?? null, headers: { authorization: SECRET, ...headers }, duplex: 'half' }
      const response = await receive(new Request('https://logs.example/', init as RequestInit), undefined)
      return { status: response.status, answer: await response.json(), headers: response.headers }
    },
  }
}

const events = activity(400, 20)
const ndjson = events.map((one) => `${JSON.stringify(one)}\n`).join('')
const tally = (records: number, passed = 0) => ({
  records,
  scored: records - passed,
  anomalies: expect.any(Number),
  passed,
})

describe('the HTTP receiver', () => {
  const bodies: readonly (readonly [
    what: string,
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string>,
  ])[] = [
    ['NDJSON', ndjson, {}],
    ['NDJSON without a last line end', ndjson.trimEnd(), {}],
    ['NDJSON with line ends as on Windows, and empty lines', ndjson.replaceAll('\n', '\r\n\r\n'), {}],
    ['gzipped NDJSON', gzipSync(ndjson), { 'content-encoding': 'gzip' }],
    [
      'gzipped NDJSON in several members',
      Buffer.concat([gzipSync(ndjson.slice(0, 5000)), gzipSync(ndjson.slice(5000))]),
      { 'content-encoding': 'gzip' },
    ],
    ['gzip without a header that says so', gzipSync(ndjson), {}],
    ['a JSON list', JSON.stringify(events), { 'content-type': 'application/json' }],
    ['a JSON list in many lines', JSON.stringify(events, undefined, 2), {}],
    ['a gzipped JSON list', gzipSync(JSON.stringify(events)), { 'content-encoding': 'gzip' }],
  ]

  it.each(bodies)('takes %s, in order, with the scores of the engine', async (_, body, headers) => {
    const { sink, send } = receiver({ batchRecords: 70 })
    expect(await send(body, headers)).toMatchObject({ status: 200, answer: tally(400) })
    expect(sink.lines.map(scoreIn)).toEqual(scoresOf(events))
    expect(sink.lines.map((line) => JSON.parse(String(line)).n)).toEqual(events.map(({ n }) => n))
    expect(sink.taken).toHaveLength(1)
    expect(sink.ids).toHaveLength(6)
  })

  it('takes the same however the bytes arrive, under the same ids', async () => {
    const whole = receiver({ batchRecords: 70 })
    await whole.send(ndjson)
    const cut = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(cut, fc.boolean(), async (sizes, isList) => {
        const { sink, send } = receiver({ batchRecords: 70 })
        await send(inPieces(Buffer.from(isList ? JSON.stringify(events) : ndjson), sizes))
        expect(sink.lines).toEqual(whole.sink.lines)
        expect(sink.ids).toEqual(whole.sink.ids)
      }),
      { numRuns: 20, seed: 1 },
    )
  })

  it('answers what Logpush asks first, and keeps none of it', async () => {
    const { sink, send } = receiver()
    const test = gzipSync('{"content":"tests"}')
    expect(await send(test, { 'content-encoding': 'gzip' })).toMatchObject({ status: 200, answer: tally(0) })
    expect(sink.lines).toEqual([])
    // Only where it is all that was sent.
    await send('{"content":"tests"}\n{"content":"tests"}\n')
    expect(sink.lines).toEqual(['{"content":"tests"}', '{"content":"tests"}'])
    const single = receiver({ batchRecords: 1 })
    await single.send('{"content":"tests"}\n{"n":1}\n{"content":"tests"}\n')
    expect(single.sink.lines).toEqual(['{"content":"tests"}', '{"n":1}', '{"content":"tests"}'])
  })

  it('keeps a record as it was written but for its verdict, which replaces an older one', async () => {
    const { sink, send } = receiver()
    const text = `{ "n": 1.50, "big": 12345678901234567890, "anomaly": {"state":"earlier"}, ${JSON.stringify(event('ada')).slice(1)}`
    await send(text)
    const [line] = sink.lines
    expect(String(line)).toMatch(
      /^\{ "n": 1.50, "big": 12345678901234567890, .*"timestamp":"2026-01-05T10:00:00Z","anomaly":\{"state":"scored"/,
    )
    expect(String(line)).not.toContain('earlier')
  })

  it('passes bytes that are no UTF-8 as they are, in a record with a verdict too', async () => {
    const { sink, send } = receiver()
    const broken = Buffer.concat([
      Buffer.from(JSON.stringify(event('ada')).replace('}', ',"x":"')),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ])
    await send(Buffer.concat([Buffer.from([0xff, 0xfe, 10]), broken, Buffer.from('\n')]))
    expect(sink.lines[0]).toEqual(new Uint8Array([0xff, 0xfe]))
    const scored = Buffer.from(sink.lines[1] as Uint8Array)
    expect(scored.includes(0xff)).toBe(true)
    expect(scored.toString('latin1')).toContain('"isolation_score":')
  })

  it('takes the elements of a list one by one: a broken one passes, its neighbours are scored', async () => {
    const { sink, send } = receiver()
    const good = JSON.stringify(event('ada', { text: 'a ] and a } and a \\" in it' }))
    expect(await send(`[${good}, {broken, "x": [1,{}]}, 17, ${good},\n ${good} ]`)).toMatchObject({
      status: 200,
      answer: tally(5, 2),
    })
    expect(sink.lines.slice(1, 3)).toEqual(['{broken, "x": [1,{}]}', '17'])
    expect([0, 3, 4].map((i) => typeof scoreIn(sink.lines[i] ?? ''))).toEqual(['number', 'number', 'number'])
  })

  it.each(['', ' \n ', '[]', '\n[ ]\n'])('takes %j for nothing', async (body) => {
    const { sink, send } = receiver()
    expect(await send(body)).toMatchObject({ status: 200, answer: tally(0) })
    expect(sink.lines).toEqual([])
  })
})

describe('what log shippers send', () => {
  const lines = [
    { host: 'web-1', method: 'GET', path: '/orders/7', status: 200, user: 'ada' },
    { host: 'web-1', message: 'ready' },
  ]
  const json = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const withDate = lines.map((line, i) => ({ date: 1767603600.123456 + i, ...line }))
  const withTime = lines.map((line) => ({ timestamp: '2026-01-05T10:00:00.123456Z', ...line }))
  const asLines = (records: readonly object[]): string =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('')
  const shippers: readonly (readonly [who: string, body: string, headers: Record<string, string>])[] = [
    ['Fluent Bit, Format json', JSON.stringify(withDate), json],
    ['Fluent Bit, Format json_lines', asLines(withDate), { ...json, 'content-type': 'application/x-ndjson' }],
    ['Vector, json', JSON.stringify(withTime), json],
    ['Vector, json newline_delimited', asLines(withTime), { ...json, 'content-type': 'application/x-ndjson' }],
  ]

  it.each(shippers)('is taken: %s', async (_, body, headers) => {
    const { sink, send } = receiver()
    expect(await send(gzipSync(body), headers)).toMatchObject({ status: 200, answer: tally(2, 1) })
    expect(scoreIn(sink.lines[0] ?? '')).toBeGreaterThan(0)
    expect(JSON.parse(String(sink.lines[1]))).toEqual(
      JSON.parse(body.startsWith('[') ? body : `[${body.trim().replace('\n', ',')}]`)[1],
    )
  })

  it("is taken: Logpush's http_requests", async () => {
    const request = {
      ClientIP: '192.0.2.7',
      ClientRequestMethod: 'GET',
      ClientRequestPath: '/orders/7',
      ClientRequestUserAgent: 'curl/8',
      EdgeResponseStatus: 200,
      RequestHeaders: { 'x-user': 'ada' },
    }
    const times = ['2026-01-05T09:00:00Z', 1767603600, 1767603600000000000]
    const body = asLines(times.map((EdgeStartTimestamp) => ({ ...request, EdgeStartTimestamp })))
    const { sink, send } = receiver({ map: { user_id: 'RequestHeaders.x-user' } })
    expect(await send(gzipSync(body))).toMatchObject({ status: 200, answer: tally(3) })
    expect(sink.taken.flat().map(({ scored }) => [scored?.event.userId, scored?.event.timestampMs])).toEqual(
      Array(3).fill(['ada', 1767603600000]),
    )
  })
})

describe('what the HTTP receiver refuses', () => {
  it('a wrong secret, with 401, before it reads anything', async () => {
    const { sink, send } = receiver()
    for (const authorization of ['', 'Bearer', 'Bearer 0123456789abcdeg', `${SECRET} `.repeat(2)]) {
      expect((await send(ndjson, { authorization })).status).toBe(401)
    }
    expect(sink.ids).toEqual([])
  })

  it('nobody where it is told so, and each of several secrets', async () => {
    expect((await receiver({ secret: null }).send(ndjson, { authorization: '' })).status).toBe(200)
    const two = receiver({ secret: ['old', 'new'], header: 'x-log-secret' })
    expect((await two.send(ndjson, { 'x-log-secret': 'new' })).status).toBe(200)
    expect((await two.send(ndjson, { 'x-log-secret': 'older' })).status).toBe(401)
  })

  it('everybody where the binding that holds the secret is not there', async () => {
    expect((await receiver({ secret: () => undefined }).send(ndjson)).status).toBe(503)
  })

  it('other methods, other encodings, bodies that are too large, cut short or damaged', async () => {
    const { send } = receiver({ maxBytes: 100_000, maxRecordBytes: 1000 })
    const get = await receiver().send(null, {}, 'GET')
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await send('x', { 'content-encoding': 'zstd' })).status).toBe(415)
    expect((await send('x'.repeat(2000))).status).toBe(413)
    expect((await send(`[${JSON.stringify('x'.repeat(2000))}]`)).status).toBe(413)
    expect((await send('{}\n'.repeat(50_000))).status).toBe(413)
    expect((await send(gzipSync(ndjson).subarray(0, 200))).status).toBe(400)
    expect((await send(Buffer.concat([gzipSync(ndjson), Buffer.from('junk')]))).status).toBe(400)
    expect((await send('[{"a":1}')).status).toBe(400)
    expect((await send('[{"a":1}] {"b":2}')).status).toBe(400)
  })

  it('a small body that would become a huge one', async () => {
    const { send } = receiver()
    const bomb = gzipSync(Buffer.alloc(40_000_000, ' '))
    expect(bomb.length).toBeLessThan(50_000)
    expect((await send(bomb)).status).toBe(413)
  })

  it('options that are wrong, by name', () => {
    const sink = new GatheringSink()
    expect(() => httpReceiver({ sink, secret: '' })).toThrow('secret:')
    expect(() => httpReceiver({ sink, secret: [] })).toThrow('secret:')
    for (const unset of ['Bearer undefined', 'Bearer ', 'undefined', 'null'])
      expect(() => httpReceiver({ sink, secret: unset })).toThrow('secret:')
    expect(() => httpReceiver({ sink: {} as GatheringSink, secret: null })).toThrow('sink:')
    expect(() => httpReceiver({ sink, secret: null, flagAt: 2 })).toThrow('flagAt')
    expect(() => httpReceiver({ sink, secret: null, batchSize: 2 } as unknown as ReceiverOptions)).toThrow('batchSize')
  })
})

describe('when the sink fails', () => {
  it('answers 503, teaches nothing, and scores the same body the same when it comes again', async () => {
    const { sink, send } = receiver({ batchRecords: 100 })
    let writes = 0
    sink.before = () => {
      if (++writes % 4 === 0 && writes < 16) away()
    }
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, headers } = await send(ndjson)
      expect([status, headers.get('retry-after')]).toEqual([503, '5'])
    }
    expect(sink.aborted).toBe(3)
    writes = 16
    expect((await send(ndjson)).status).toBe(200)
    expect(sink.lines.map(scoreIn)).toEqual(scoresOf(events))
    // What a receiver further on may know duplicates by.
    expect(new Set(sink.ids).size).toBe(4)
  })

  it.each([
    ['as they are', Buffer.from(ndjson)],
    ['gzipped', gzipSync(ndjson)],
  ])('answers at once though the sender says no more, of records %s', async (_, body) => {
    const { sink, send } = receiver({ batchRecords: 10 })
    sink.before = never
    const stalled = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(body.subarray(0, -100))
      },
    })
    expect((await send(stalled)).status).toBe(422)
    expect(sink.aborted).toBe(1)
  })

  it('answers 422 where it will never take it: a sender then gives up', async () => {
    const { sink, send } = receiver()
    sink.before = never
    expect(await send(ndjson)).toMatchObject({ status: 422, answer: { detail: 'the sink will never take it' } })
  })

  it('says nothing of what nobody thought of', async () => {
    const { sink, send } = receiver()
    sink.before = () => {
      throw new Error('user ada, password 123')
    }
    expect(await send(ndjson)).toMatchObject({ status: 503, answer: { detail: 'the records could not be taken' } })
  })
})

describe('large bodies', () => {
  it('reads no faster than the sink takes, and keeps memory flat over 300 MB', async () => {
    const line = `${JSON.stringify({ msg: 'x'.repeat(400) })}\n`
    const chunk = new TextEncoder().encode(line.repeat(2400)) // 1 MB
    const lead: number[] = []
    const held: number[] = []
    let writes = 0
    let pulled = 0
    let taken = 0
    const delivery = {
      write({ records }: { readonly records: readonly unknown[] }) {
        taken += records.length * line.length
        lead.push(pulled - taken)
        if (++writes % 500 === 0) held.push(memoryHeld())
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
      abort: () => Promise.resolve(),
    }
    const { send } = receiver({ sink: { open: () => delivery } })
    const before = memoryHeld()
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += chunk.length
          if (pulled > 300 * chunk.length) controller.close()
          else controller.enqueue(chunk)
        },
      },
      { highWaterMark: 0 },
    )
    expect(await send(body)).toMatchObject({ status: 200, answer: tally(720_000, 720_000) })
    expect(Math.max(...lead)).toBeLessThan(3 * chunk.length)
    expect(held).toHaveLength(2)
    // Were it kept, there would be 100 MB more each time.
    expect(Math.max(...held) - before).toBeLessThan(40e6)
  }, 60_000)
})

/** What is in memory once the garbage is gone. */
function memoryHeld(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function inPieces(bytes: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0
  let i = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) {
        controller.close()
        return
      }
      const size = sizes[i++ % sizes.length] ?? 1
      controller.enqueue(bytes.slice(at, at + size))
      at += size
    },
  })
}
