import { describe, expect, it } from 'vitest'
import { scoreStream } from '../../plugins/stream.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { event } from './hostile.ts'
import { laterStore } from './later-store.ts'

const encoder = new TextEncoder()

/** Gives a chunk whenever one is asked for. */
function streamOf<T>(chunks: Iterable<T>): ReadableStream<T> {
  const iterator = chunks[Symbol.iterator]()
  return new ReadableStream<T>({
    pull(controller) {
      const next = iterator.next()
      if (next.done === true) controller.close()
      else controller.enqueue(next.value)
    },
  })
}

/** What comes out for an input that comes in chunks of a size. */
async function through(input: string | Uint8Array, options: Parameters<typeof scoreStream>[0] = {}, size = 65_536) {
  const bytes = typeof input === 'string' ? encoder.encode(input) : input
  const stream = scoreStream(options)
  const chunks = function* (): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
  }
  const pieces: Uint8Array[] = []
  for await (const piece of streamOf(chunks()).pipeThrough(stream)) pieces.push(piece as Uint8Array)
  return { text: Buffer.concat(pieces).toString(), bytes: Buffer.concat(pieces), counts: stream.counts }
}

describe('scoreStream', { timeout: 60_000 }, () => {
  it.each([1, 7, 100, 65_536])(
    'gives the lines in order with the scores of the engine, in chunks of %i',
    async (size) => {
      const events = activity(300, 5)
      const { text, counts } = await through(events.map((each) => `${JSON.stringify(each)}\n`).join(''), {}, size)
      const lines = text.split('\n').slice(0, -1)
      expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(events.map(({ n }) => n))
      expect(lines.map(scoreIn)).toEqual(scoresOf(events))
      expect(counts).toMatchObject({ records: 300, scored: 300 })
    },
  )

  it('keeps order, and judges each event by all before it, where the store takes its time', async () => {
    const events = activity(400, 3)
    const { text } = await through(events.map((each) => `${JSON.stringify(each)}\n`).join(''), { store: laterStore() })
    const lines = text.split('\n').slice(0, -1)
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(events.map(({ n }) => n))
    expect(lines.map(scoreIn)).toEqual(scoresOf(events))
  })

  it('keeps line ends as they are, and takes a last line without one', async () => {
    const good = JSON.stringify(event('ada'))
    const { text, counts } = await through(`${good}\r\n\r\nnothing\n${good}`)
    const [first = '', empty, second, third = ''] = text.split('\n')
    expect([empty, second]).toEqual(['\r', 'nothing'])
    expect(first.endsWith('}\r')).toBe(true)
    expect([first, third].map((each) => typeof scoreIn(each))).toEqual(['number', 'number'])
    expect(counts).toMatchObject({ records: 4, scored: 2, unscored: { no_event: 2 } })
  })

  it('passes bytes that are no UTF-8 as they are, in events and elsewhere', async () => {
    const line = Buffer.concat([Buffer.from('{"note":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')])
    expect((await through(line)).bytes).toEqual(line)
    const scored = Buffer.from(JSON.stringify(event('ada', { note: '?' })))
    scored[scored.lastIndexOf('?')] = 0xff
    const { bytes } = await through(Buffer.concat([scored, Buffer.from('\n')]))
    expect(bytes.subarray(0, scored.length - 1)).toEqual(scored.subarray(0, -1))
    expect(bytes.toString().endsWith('}}\n')).toBe(true)
  })

  it('holds no more than a line within the limit, and passes a longer one on as it comes', async () => {
    const { writable, readable } = scoreStream({ maxLineBytes: 1000 })
    const writer = writable.getWriter()
    const reader = readable.getReader()
    let got = 0
    const reading = (async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) got += next.value.length
    })()
    for (let i = 0; i < 100; i++) await writer.write(new Uint8Array(1000).fill(120))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(got).toBeGreaterThanOrEqual(98_000)
    await writer.close()
    await reading
    expect(got).toBe(100_000)
  })

  it('writes no faster than its reader reads', async () => {
    const { writable, readable } = scoreStream()
    const writer = writable.getWriter()
    const line = encoder.encode(`${JSON.stringify(event('ada'))}\n`)
    let written = 0
    const writing = (async () => {
      for (let i = 0; i < 50; i++) {
        await writer.ready
        written++
        void writer.write(line)
      }
      await writer.close()
    })()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(written).toBeLessThan(5)
    let lines = 0
    for await (const _ of readable) lines++
    await writing
    expect(lines).toBe(50)
  })

  it('takes records, and leaves those alone that it does not change', async () => {
    const nothing = { msg: 'ready' }
    const ada = event('ada')
    const stream = scoreStream<unknown>({ records: true, store: new MemoryStore() })
    const out: unknown[] = []
    for await (const each of streamOf<unknown>([ada, nothing, 7, null]).pipeThrough(stream)) out.push(each)
    expect(out[0]).toMatchObject({ ...ada, anomaly: { state: 'scored', is_anomaly: false } })
    expect(ada).not.toHaveProperty('anomaly')
    expect(out.slice(1)).toEqual([nothing, 7, null])
    expect(out[1]).toBe(nothing)
  })

  it('passes an event that cannot be copied as it came, and goes on', async () => {
    const refusing = Object.defineProperty(event('ada'), 'note', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    const stream = scoreStream<unknown>({ records: true })
    const out: unknown[] = []
    for await (const each of streamOf<unknown>([refusing, event('bob')]).pipeThrough(stream)) out.push(each)
    expect(out[0]).toBe(refusing)
    expect(out[1]).toMatchObject({ user_id: 'bob', anomaly: { state: 'scored' } })
    expect(stream.counts).toMatchObject({ records: 2, scored: 2 })
  })

  it('refuses chunks of text, which would be lost as bytes', async () => {
    const text: ReadableStream<unknown> = streamOf([`${JSON.stringify(event('ada'))}\n`])
    const reading = text
      .pipeThrough(scoreStream() as ReadableWritablePair<Uint8Array, unknown>)
      .getReader()
      .read()
    await expect(reading).rejects.toThrow('scoreStream: wanted chunks of bytes, or the option records')
  })

  it.each([
    [{ maxLineBytes: 3 }, 'maxLineBytes: got 3, wanted an integer from 16'],
    [{ flagAt: 2 }, 'flagAt: got 2, wanted a number from 0 to 1'],
    [{ map: 'apache' }, 'map: got "apache", wanted one of auto, wire, otel, access'],
    [{ map: { user: 'x' } }, '"user" is no field of an event; these are: user_id,'],
    [{ map: { user_id: 'a..b' } }, 'the path of user_id, "a..b", has an empty name between its dots'],
    [{ mapping: {} }, 'scoreStream: got an option mapping, wanted model, store, map'],
  ])('refuses %o', (options, message) => {
    expect(() => scoreStream(options as object)).toThrow(message)
  })
})
