import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import { activity, scoreIn, scoresOf, type WireEvent } from './activity.ts'

// The tail, the streaming tail and the Queue consumer in workerd, each into a bucket and a queue; and each with a bucket
// that takes nothing: what they read lies with the dead letters then.

const main = (path: string): string => fileURLToPath(new URL(`../workerd/${path}.ts`, import.meta.url))
const compatibility_date = '2026-10-01'
const compatibility_flags = ['streaming_tail_worker']
const r2_buckets = [{ binding: 'BUCKET', bucket_name: 'records' }]
const consumer = (queue: string) => ({ queue, max_batch_size: 100, max_batch_timeout: 0, max_retries: 1 })
const shop = (name: string, consumers: object) => ({
  config: { name, main: main('analytics/shop'), compatibility_date, ...consumers },
})

const server = createTestHarness({
  workers: [
    shop('tailed', { tail_consumers: [{ service: 'every' }] }),
    shop('streamed', { streaming_tail_consumers: [{ service: 'every' }] }),
    shop('tailed-broken', { tail_consumers: [{ service: 'broken' }] }),
    shop('streamed-broken', { streaming_tail_consumers: [{ service: 'broken' }] }),
    {
      config: {
        name: 'every',
        main: main('sinks/every'),
        compatibility_date,
        compatibility_flags,
        r2_buckets,
        queues: {
          producers: [
            { binding: 'OUT', queue: 'out' },
            { binding: 'IN', queue: 'in' },
          ],
          consumers: [consumer('in'), consumer('out'), consumer('dead'), consumer('broken-dead')],
        },
      },
    },
    {
      config: {
        name: 'broken',
        main: main('sinks/broken'),
        compatibility_date,
        compatibility_flags,
        r2_buckets,
        queues: {
          producers: [
            { binding: 'DEAD', queue: 'dead' },
            { binding: 'IN', queue: 'broken-in' },
          ],
          consumers: [{ ...consumer('broken-in'), dead_letter_queue: 'broken-dead' }],
        },
      },
    },
  ],
})

interface Bucket {
  list(options: { prefix: string }): Promise<{ objects: readonly { key: string }[] }>
  get(key: string): Promise<{ text(): Promise<string> } | null>
}
interface Queue {
  sendBatch(messages: readonly { body: unknown }[]): Promise<unknown>
}

let bucket: Bucket

beforeAll(async () => {
  await server.listen()
  bucket = (await server.getWorker<{ BUCKET: Bucket }>('every').getEnv()).BUCKET
}, 120_000)
afterAll(() => server.close())

/** All lines of the objects under a prefix, once there are as many. */
async function lines(prefix: string, count: number): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const { objects } = await bucket.list({ prefix })
    const texts = await Promise.all(objects.map(async ({ key }) => (await bucket.get(key))?.text() ?? ''))
    const found = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''))
    if (found.length >= count) return found
    if (tries === 300) throw new Error(`${found.length} of ${count} lines came under ${prefix}`)
    await sleep(100)
  }
}

/** Has a Worker log events, which its tail hears of, or queues them. */
async function give(way: string, records: readonly object[]): Promise<void> {
  if (!way.includes('queue')) {
    const body = records.map((record) => JSON.stringify(record)).join('\n')
    await server.getWorker(way).fetch('http://shop.example/', { method: 'POST', body })
    return
  }
  const { IN } = await server.getWorker<{ IN: Queue }>(way === 'queue' ? 'every' : 'broken').getEnv()
  for (let at = 0; at < records.length; at += 100)
    await IN.sendBatch(records.slice(at, at + 100).map((body) => ({ body })))
}

const ordered = (texts: readonly string[]): string[] =>
  texts.toSorted((a, b) => (JSON.parse(a) as WireEvent).n - (JSON.parse(b) as WireEvent).n)

/** Another release of V8 takes powers with another last bit. */
const rounded = (score: number | undefined): number | undefined =>
  score === undefined ? undefined : Number(score.toPrecision(14))

describe('a bucket and a queue in workerd', { timeout: 60_000 }, () => {
  it.each([
    ['the tail', 'tailed', 'tail/'],
    ['the streaming tail', 'streamed', 'stream/'],
    ['the Queue consumer', 'queue', 'queue/'],
  ])(
    'take from %s every record, with the score of the engine, and what is too large for a message',
    async (_, way, prefix) => {
      const events = activity(250, 5, 11).map((one) => ({ ...one, user_id: `${way}-${one.user_id}` }))
      const wordy = { ...activity(1, 1)[0], user_id: `${way}-wordy`, n: 250, note: 'x'.repeat(127_000) } as WireEvent
      // A message is no larger than a message may be.
      const tooLarge = way === 'queue' ? [] : [wordy]
      const before = (await lines('out/', 0)).length
      await give(way, [...events, ...tooLarge])
      const kept = ordered(await lines(prefix, events.length + tooLarge.length))
      expect(kept.map(scoreIn).map(rounded)).toEqual(scoresOf([...events, ...tooLarge]).map(rounded))
      const sent = (await lines('out/', before + events.length)).filter((line) => line.includes(`"${way}-`))
      expect(ordered(sent)).toEqual(kept.slice(0, events.length))
      expect(await lines(`large-${prefix}`, tooLarge.length)).toEqual(kept.slice(events.length))
    },
  )
})

describe('a bucket that takes nothing', { timeout: 60_000 }, () => {
  it.each([
    ['the tail', 'tailed-broken', 'dead/'],
    ['the streaming tail', 'streamed-broken', 'dead/'],
    ['the Queue consumer', 'queue-broken', 'broken-dead/'],
  ])('has the records of %s lie with the dead letters, as they were', async (_, way, prefix) => {
    const events = activity(way === 'queue-broken' ? 10 : 150, 5, 12).map((one) => ({
      ...one,
      user_id: `${way}-${one.user_id}`,
    }))
    const before = (await lines(prefix, 0)).length
    await give(way, events)
    const dead = (await lines(prefix, before + events.length)).filter((line) => line.includes(`"${way}-`))
    expect(ordered(dead).map((line) => JSON.parse(line) as object)).toEqual(events)
  })
})
