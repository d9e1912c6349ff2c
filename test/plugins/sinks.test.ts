import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  allOf,
  httpSink,
  type QueueMessage,
  queueSink,
  r2Sink,
  type Sink,
  SinkError,
  type SinkRecord,
} from '../../plugins/sinks.ts'
import { away, GatheringSink } from './gathering-sink.ts'

const records: readonly SinkRecord[] = [
  { line: '{"a":1}', scored: undefined },
  { line: new Uint8Array([0xff, 0x41]), scored: undefined },
  { line: '{"b":"ü"}', scored: undefined },
]
const BYTES = Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from([0xff, 0x41, 10]), Buffer.from('{"b":"ü"}\n')])
const quick = { backoffMs: 0 }

async function deliver(sink: Sink, batches: readonly (readonly SinkRecord[])[]): Promise<void> {
  const delivery = sink.open()
  for (const [i, batch] of batches.entries()) await delivery.write({ id: `batch-${i}`, records: batch })
  await delivery.close()
}

function failing(times: number, error: Error): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw error
  }
}

describe('httpSink', () => {
  function server(statuses: readonly number[], headers: Record<string, string> = {}) {
    const requests: { readonly id: string | null; readonly type: string | null; readonly body: Buffer }[] = []
    const fetch = async (request: Request): Promise<Response> => {
      const body = Buffer.from(await request.arrayBuffer())
      requests.push({ id: request.headers.get('idempotency-key'), type: request.headers.get('content-type'), body })
      return new Response('', { status: statuses[requests.length - 1] ?? 200, headers })
    }
    return { requests, fetch }
  }

  it('posts a batch as gzipped NDJSON', async () => {
    const { requests, fetch } = server([])
    await deliver(httpSink({ url: 'https://sink.example/', fetch }), [records, []])
    expect(requests).toEqual([{ id: 'batch-0', type: 'application/x-ndjson', body: expect.any(Buffer) }])
    expect(gunzipSync(requests[0]?.body ?? '')).toEqual(BYTES)
  })

  it('lets no text over several lines pass for records of its own', async () => {
    const { requests, fetch } = server([])
    const torn = [
      { line: 'no JSON\n{"forged":1}\n', scored: undefined },
      { line: new Uint8Array([0xff, 10, 10, 0xfe]), scored: undefined },
    ]
    await deliver(httpSink({ url: 'https://sink.example/', fetch, gzip: false }), [torn])
    const wanted = Buffer.concat([Buffer.from('no JSON {"forged":1} \n'), Buffer.from([0xff, 32, 32, 0xfe, 10])])
    expect(requests[0]?.body).toEqual(wanted)
  })

  it('tries again what may be taken later, under the same id, and then says so', async () => {
    const { requests, fetch } = server([503, 429, 408, 200])
    await deliver(httpSink({ url: 'https://sink.example/', fetch, gzip: false, ...quick }), [records])
    expect(requests.map(({ id, body }) => [id, body])).toEqual(Array(4).fill(['batch-0', BYTES]))

    const down = server([500, 500, 500])
    const sink = httpSink({ url: 'https://sink.example/', fetch: down.fetch, attempts: 2, ...quick })
    await expect(deliver(sink, [records])).rejects.toMatchObject({
      retryable: true,
      message: 'the HTTP sink answered 500',
    })
    expect(down.requests).toHaveLength(2)
  })

  it('waits as long as it is told', async () => {
    const { fetch } = server([503], { 'retry-after': '1' })
    const begun = performance.now()
    await deliver(httpSink({ url: 'https://sink.example/', fetch, ...quick }), [records])
    expect(performance.now() - begun).toBeGreaterThan(990)
  })

  it.each([400, 401, 302])('gives up at %d', async (status) => {
    const { requests, fetch } = server([status])
    await expect(deliver(httpSink({ url: 'https://sink.example/', fetch, ...quick }), [records])).rejects.toMatchObject(
      {
        retryable: false,
      },
    )
    expect(requests).toHaveLength(1)
  })

  it('takes the status at its word where the rest of the answer breaks off', async () => {
    let requests = 0
    const fetch = (): Promise<Response> => {
      requests++
      const broken = new ReadableStream({
        cancel() {
          throw new Error('the connection is gone')
        },
      })
      return Promise.resolve(new Response(broken))
    }
    await deliver(httpSink({ url: 'https://sink.example/', fetch, ...quick }), [records])
    expect(requests).toBe(1)
  })

  it('counts an attempt that takes too long, or does not get through, as failed', async () => {
    const fetch = (request: Request) =>
      new Promise<Response>((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason as Error))
      })
    const sink = httpSink({ url: 'https://sink.example/', fetch, timeoutMs: 20, attempts: 2, ...quick })
    await expect(deliver(sink, [records])).rejects.toMatchObject({ retryable: true, message: 'the HTTP sink failed' })
  })
})

describe('queueSink', () => {
  function queue(before: () => void = () => undefined) {
    const batches: (readonly QueueMessage[])[] = []
    return {
      batches,
      sendBatch(messages: readonly QueueMessage[]): Promise<void> {
        before()
        batches.push(messages)
        return Promise.resolve()
      },
    }
  }

  it('sends text as text and bytes as bytes, within what a queue takes at a time', async () => {
    const to = queue()
    const many = Array.from({ length: 250 }, (_, i) => ({ line: `{"n":${i}}`, scored: undefined }))
    const large = Array.from({ length: 3 }, () => ({ line: 'x'.repeat(100_000), scored: undefined }))
    await deliver(queueSink(to, { tooLarge: 'refuse' }), [records, many, large])
    expect(to.batches[0]).toEqual([
      { body: '{"a":1}', contentType: 'text' },
      { body: new Uint8Array([0xff, 0x41]), contentType: 'bytes' },
      { body: '{"b":"ü"}', contentType: 'text' },
    ])
    expect(to.batches.map(({ length }) => length)).toEqual([3, 100, 100, 50, 2, 1])
  })

  it('hands what no message may be to another sink, or refuses it for good', async () => {
    const [to, other] = [queue(), new GatheringSink()]
    const huge: SinkRecord = { line: 'ü'.repeat(64_000), scored: undefined }
    await deliver(queueSink(to, { tooLarge: other }), [[...records, huge]])
    expect(to.batches.map(({ length }) => length)).toEqual([3])
    expect(other.taken).toEqual([[huge]])
    const refusing = deliver(queueSink(to, { tooLarge: 'refuse' }), [[huge]])
    await expect(refusing).rejects.toMatchObject({ retryable: false })
  })

  it('tries again where the queue fails', async () => {
    const to = queue(failing(3, new Error('Too Many Requests')))
    await deliver(queueSink(to, { tooLarge: 'refuse', ...quick }), [records])
    expect(to.batches).toHaveLength(1)
    const down = queue(failing(4, new Error('Too Many Requests')))
    await expect(deliver(queueSink(down, { tooLarge: 'refuse', ...quick }), [records])).rejects.toThrow(SinkError)
  })
})

describe('r2Sink', () => {
  function bucket(before: (what: string) => void = () => undefined) {
    const objects = new Map<string, Buffer>()
    const log: string[] = []
    const note = async (what: string): Promise<void> => {
      before(what)
      log.push(what)
    }
    return {
      objects,
      log,
      async put(key: string, value: Uint8Array) {
        await note('put')
        objects.set(key, Buffer.from(value))
      },
      async createMultipartUpload(key: string) {
        await note('create')
        const parts: Buffer[] = []
        return {
          async uploadPart(partNumber: number, value: Uint8Array) {
            await note(`part ${partNumber} ${value.length}`)
            parts[partNumber - 1] = Buffer.from(value)
            return { partNumber, etag: String(partNumber) }
          },
          async complete() {
            await note('complete')
            objects.set(key, Buffer.concat(parts))
          },
          abort: () => note('abort'),
        }
      },
    }
  }

  it('writes a small delivery as one object, and none for nothing', async () => {
    const to = bucket()
    await deliver(r2Sink(to, { prefix: 'logs/' }), [records, records])
    await deliver(r2Sink(to), [])
    expect([...to.objects.values()]).toEqual([Buffer.concat([BYTES, BYTES])])
    expect([...to.objects.keys()][0]).toMatch(/^logs\/\d{4}-\d\d-\d\d\/\d{6}-[0-9a-f-]{36}\.ndjson$/)
  })

  it('writes a large one in parts of one size, and holds no more than a part', async () => {
    const to = bucket()
    const batch = Array.from({ length: 100 }, (_, i) => ({ line: String(i).padEnd(20_000, 'x'), scored: undefined }))
    await deliver(r2Sink(to), Array(6).fill(batch))
    const part = 5 * 2 ** 20
    expect(to.log).toEqual([
      'create',
      `part 1 ${part}`,
      `part 2 ${part}`,
      `part 3 ${12_000_600 - 2 * part}`,
      'complete',
    ])
    const [object] = [...to.objects.values()]
    expect(
      object
        ?.toString()
        .split('\n')
        .map((line) => Number.parseInt(line, 10))
        .slice(0, 600),
    ).toEqual(Array.from({ length: 600 }, (_, i) => i % 100))
  })

  it('leaves nothing behind where a delivery is given up', async () => {
    const to = bucket()
    const delivery = r2Sink(to).open()
    await delivery.write({ id: '', records: [{ line: 'x'.repeat(6_000_000), scored: undefined }] })
    await delivery.abort()
    expect([to.objects.size, to.log.at(-1)]).toEqual([0, 'abort'])
  })

  it('tries each call again', async () => {
    const failed = new Set<string>()
    const to = bucket((what) => {
      if (failed.has(what)) return
      failed.add(what)
      throw new Error('internal error')
    })
    const large = { line: 'x'.repeat(6_000_000), scored: undefined }
    await deliver(r2Sink(to, quick), [[large]])
    expect([...to.objects.values()][0]?.length).toBe(6_000_001)
    await expect(deliver(r2Sink(bucket(away), quick), [records])).rejects.toThrow(SinkError)
  })
})

describe('allOf', () => {
  it('has every sink take every record', async () => {
    const [one, other] = [new GatheringSink(), new GatheringSink()]
    await deliver(allOf(one, other), [records])
    expect([one.taken, other.taken]).toEqual([[records], [records]])
    other.before = away
    const delivery = allOf(one, other).open()
    await expect(delivery.write({ id: '', records })).rejects.toThrow('away')
    await delivery.abort()
    expect([one.aborted, other.aborted]).toEqual([1, 1])
  })
})
