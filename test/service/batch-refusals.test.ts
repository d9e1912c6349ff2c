import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/service/settings.ts'
import { inPieces, json, lines, NDJSON, openBody, ordinary, type Rows, startService } from './service.ts'

describe('a batch that goes wrong', () => {
  it.each([
    ['{"user_id":1}', 'something else'],
    ['', 'nothing'],
    ['null', 'something else'],
    ['[', 'a list without its end'],
    ['[] []', 'more behind the list'],
  ])('is refused as a whole before there is any answer: %j', async (body, got) => {
    const answer = await startService().post('/predict/batch', body)
    expect(answer.status).toBe(400)
    expect(json(answer)).toMatchObject({ problems: [{ field: 'body', got, wanted: 'a JSON list' }] })
  })

  it('ends with its problem as the last row once answers have been given', async () => {
    const answer = await startService().post('/predict/batch', inPieces([`[${JSON.stringify(ordinary)},`, '{"a":']))
    expect(answer.status).toBe(200)
    expect(json<Rows>(answer)).toMatchObject([{ is_anomaly: false }, { status: 400, row: 1 }])
  })

  it('refuses a row over the limit, and reads on', async () => {
    const { post } = startService()
    const long = JSON.stringify({ ...ordinary, note: 'x'.repeat(200_000) })
    const short = JSON.stringify(ordinary)
    const list = await post('/predict/batch', `[${short},${long},${short}]`)
    expect(json<Rows>(list)).toMatchObject([{ is_anomaly: false }, { status: 413, row: 1 }, { is_anomaly: false }])
    const ndjson = await post('/predict/batch', [short, long, short].join('\n'), NDJSON)
    expect(lines(ndjson.text)).toMatchObject([{ is_anomaly: false }, { status: 413, row: 1 }, { is_anomaly: false }])
  })

  it('refuses a batch over the limit, decompressed', async () => {
    const { post } = startService({ limits: { ...DEFAULT_LIMITS, maxBatchBytes: 10_000 } })
    const body = gzipSync(`${JSON.stringify(ordinary)}\n`.repeat(1000))
    expect(body.length).toBeLessThan(10_000)
    const answer = await post('/predict/batch', body, { ...NDJSON, 'content-encoding': 'gzip' })
    expect([answer.status, answer.text.trimEnd().split('\n').at(-1)]).toEqual([
      413,
      expect.stringContaining('"status":413'),
    ])
  })

  it('refuses a gzip bomb without unpacking it', async () => {
    const { post } = startService()
    const bomb = gzipSync(Buffer.alloc(100 * 2 ** 20, 'x'))
    const before = process.memoryUsage().rss
    const answer = await post('/predict/batch', bomb, { ...NDJSON, 'content-encoding': 'gzip' })
    expect(answer.text).toContain('250 times larger decompressed')
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 2 ** 20)
    expect((await post('/predict', JSON.stringify(ordinary))).status).toBe(200)
  })

  it.each([
    ['not gzip at all', Buffer.from('{}')],
    ['gzip cut short', gzipSync(JSON.stringify([ordinary])).subarray(0, -9)],
    ['gzip with a wrong checksum', Buffer.concat([gzipSync('[]').subarray(0, -8), Buffer.alloc(8)])],
  ])('refuses %s', async (_, body) => {
    const answer = await startService().post('/predict/batch', body, { 'content-encoding': 'gzip' })
    expect(answer.status).toBe(400)
    expect(json(answer)).toMatchObject({ problems: [{ field: 'body', wanted: 'gzip, as content-encoding says' }] })
  })

  it('takes so many batches at a time, and then no more', async () => {
    const { app, post } = startService({ limits: { ...DEFAULT_LIMITS, maxBatches: 1 } })
    const { readable: body, send, close } = openBody()
    send(`${JSON.stringify(ordinary)}\n`)
    const first = await app.request('/predict/batch', {
      method: 'POST',
      body,
      headers: NDJSON,
      duplex: 'half',
    } as RequestInit)
    const second = await post('/predict/batch', '[]')
    expect(second.status).toBe(503)
    expect(second.headers.get('retry-after')).toBe('1')
    close()
    await first.text()
    expect((await post('/predict/batch', '[]')).status).toBe(200)
  })

  it('has room for another once a client has left', async () => {
    const { app, post } = startService({ limits: { ...DEFAULT_LIMITS, maxBatches: 1 } })
    const { readable: body, send } = openBody()
    send(`${JSON.stringify(ordinary)}\n`)
    const init = { method: 'POST', body, headers: NDJSON, duplex: 'half' } as RequestInit
    const first = await app.request('/predict/batch', init)
    await first.body?.cancel()
    expect((await post('/predict/batch', '[]')).status).toBe(200)
  })

  it('gives up a client that pauses too long', async () => {
    const { app } = startService({ limits: { ...DEFAULT_LIMITS, idleTimeoutMs: 50, bodyTimeoutMs: 50 } })
    const never = (): ReadableStream<Uint8Array> => new ReadableStream()
    for (const path of ['/predict', '/predict/batch', '/events']) {
      const headers = { 'content-type': 'application/json' }
      const response = await app.request(path, {
        method: 'POST',
        body: never(),
        headers,
        duplex: 'half',
      } as RequestInit)
      expect([path, response.status]).toEqual([path, 408])
    }
  })
})
