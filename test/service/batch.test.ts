import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { example, inPieces, json, lines, NDJSON, openBody, ordinary, type Rows, startService } from './service.ts'

describe('POST /predict/batch', () => {
  it('answers a JSON list with a JSON list, in order', async () => {
    const { post } = startService()
    const answer = await post('/predict/batch', JSON.stringify([ordinary, example, ordinary]))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(json<Rows>(answer)).toMatchObject([
      { is_anomaly: false, baseline: { events: 0 } },
      { is_anomaly: true, baseline: { events: 0 } },
      { is_anomaly: false, baseline: { events: 1 } },
    ])
  })

  it('answers NDJSON with NDJSON, empty lines left out', async () => {
    const { post } = startService()
    const body = `${JSON.stringify(ordinary)}\n\n  \r\n${JSON.stringify(example)}\r\n${JSON.stringify(ordinary)}`
    const answer = await post('/predict/batch', body, NDJSON)
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    expect(lines(answer.text)).toMatchObject([{ is_anomaly: false }, { is_anomaly: true }, { is_anomaly: false }])
  })

  it('gives the same answers as POST /predict gives one by one', async () => {
    const one = startService()
    const many = startService()
    const events = Array.from({ length: 60 }, (_, i) => ({
      ...ordinary,
      user_id: i % 3,
      events_in_session: 1 + (i % 20),
    }))
    const singly: unknown[] = []
    for (const event of events) singly.push(json(await one.post('/predict', JSON.stringify(event))))
    const together = json<Rows>(await many.post('/predict/batch', JSON.stringify(events)))
    const withoutId = (rows: readonly unknown[]) => rows.map((row) => ({ ...(row as object), id: '' }))
    expect(withoutId(together)).toEqual(withoutId(singly))
  })

  it('has the problem of a bad row in its place', async () => {
    const { post, log } = startService()
    const rows = [JSON.stringify(ordinary), '{"user_id":"alice', '{"user_id":"alice"}', '17', JSON.stringify(ordinary)]
    const answer = lines((await post('/predict/batch', rows.join('\n'), NDJSON)).text)
    expect(answer).toMatchObject([
      { is_anomaly: false },
      { status: 400, row: 1, problems: [{ field: '', wanted: 'a JSON object with the fields of an event' }] },
      { status: 422, row: 2 },
      { status: 422, row: 3, problems: [{ got: '17', wanted: 'an object with the fields of an event' }] },
      { is_anomaly: false },
    ])
    expect(JSON.stringify(answer)).not.toContain('alice')
    expect(log.at(-1)).toMatchObject({ status: 200, rows: 5, refused: 3, anomalies: 0 })
    const list = await post('/predict/batch', `[${rows.slice(2).join()}, , {"a":1]]`)
    expect(json<Rows>(list).map(({ status }) => status)).toEqual([422, 422, undefined, 400, 400])
  })

  it.each([
    ['[]', '[]\n'],
    [' [ \n ] ', '[]\n'],
  ])('answers an empty list with one: %j', async (body, text) => {
    expect((await startService().post('/predict/batch', body)).text).toBe(text)
  })

  it('answers no lines with none', async () => {
    const answer = await startService().post('/predict/batch', '\n\n', NDJSON)
    expect(answer).toMatchObject({ status: 200, text: '' })
  })

  it('takes gzip, several members of it too', async () => {
    const { post } = startService()
    const member = gzipSync(`${JSON.stringify(ordinary)}\n`)
    const headers = { ...NDJSON, 'content-encoding': 'gzip' }
    const answer = await post('/predict/batch', Buffer.concat([member, member, member]), headers)
    expect(lines(answer.text)).toHaveLength(3)
    const later = await post('/predict/batch', inPieces([new Uint8Array(0), member]), headers)
    expect(lines(later.text)).toHaveLength(1)
  })

  it('cuts lists and lines wherever chunks end', async () => {
    const { post } = startService()
    const noted = { ...ordinary, note: '[]{},"\\ü\u2028', nested: [{ a: ['}'] }] }
    const events = [ordinary, noted, noted, example]
    const bodies = [
      ['application/json', ` ${JSON.stringify(events, undefined, 1)} `],
      ['application/x-ndjson', events.map((event) => JSON.stringify(event)).join('\n')],
    ] as const
    const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bodies), cuts, async ([type, text], at) => {
        const bytes = new TextEncoder().encode(text)
        const ends = [...new Set([0, ...at.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b)
        const pieces = ends.slice(1).map((end, i) => bytes.subarray(ends[i], end))
        const answer = await post('/predict/batch?learn=false&reasons=none', inPieces(pieces), { 'content-type': type })
        const rows = type === 'application/json' ? json<Rows>(answer) : lines(answer.text)
        expect(rows.map((row) => row.is_anomaly)).toEqual([false, false, false, true])
      }),
      { seed: 4, numRuns: 60 },
    )
  })

  it('answers while the batch arrives', async () => {
    const { app } = startService()
    const line = `${JSON.stringify(ordinary)}\n`
    const { readable: body, send, close } = openBody()
    send(line)
    const init = { method: 'POST', body, headers: NDJSON, duplex: 'half' } as RequestInit
    const response = await app.request('/predict/batch', init)
    const answers = (response.body as ReadableStream<Uint8Array>).getReader()
    const read = async (): Promise<unknown> => JSON.parse(new TextDecoder().decode((await answers.read()).value))
    expect(await read()).toMatchObject({ baseline: { events: 0 } })
    send(line)
    expect(await read()).toMatchObject({ baseline: { events: 1 } })
    close()
    expect((await answers.read()).value?.length ?? 0).toBe(0)
  })

  it('reads no faster than the client takes the answers', async () => {
    const { app } = startService()
    const chunk = new TextEncoder().encode(`${JSON.stringify(ordinary)}\n`.repeat(300))
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(chunk)
      },
    })
    const init = { method: 'POST', body, headers: NDJSON, duplex: 'half' } as RequestInit
    const response = await app.request('/predict/batch', init)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(pulled).toBeLessThan(5)
    await response.body?.cancel()
  })
})
