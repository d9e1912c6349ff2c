import { readFileSync } from 'node:fs'
import { type MessageToProduce, type Producer, ProtocolError } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { baselineMessage } from '../../plugins/kafka/baseline-log.ts'
import { type Outgoing, Writer } from '../../plugins/kafka/writer.ts'
import { KafkaScorer, type KafkaScorerOptions } from '../../plugins/kafka.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { baselinesFromBytes } from '../../src/store/snapshot.ts'
import { configuration } from './pipelines-page.ts'

// What needs no broker; the rest is in test/integration/kafka.test.ts.

const options: KafkaScorerOptions = {
  connection: { bootstrapBrokers: ['127.0.0.1:9092'] },
  groupId: 'hedgerow',
  events: 'events',
  verdicts: 'verdicts',
}

/** A producer that takes so many bytes at a time. */
function producer(limit: number): { readonly sent: MessageToProduce[][]; readonly producer: Producer } {
  const sent: MessageToProduce[][] = []
  const send = ({ messages }: { readonly messages: MessageToProduce[] }): Promise<unknown> => {
    if (messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) > limit) {
      return Promise.reject(new ProtocolError('MESSAGE_TOO_LARGE'))
    }
    sent.push(messages)
    return Promise.resolve({})
  }
  return { sent, producer: { send } as unknown as Producer }
}

function outgoing(bytes: number, untouchedBytes = bytes): Outgoing {
  const message = { topic: 'verdicts', key: Buffer.from('ada'), value: Buffer.alloc(bytes) }
  return { message, untouched: untouchedBytes === bytes ? message.value : Buffer.alloc(untouchedBytes) }
}

const sizes = (sent: readonly MessageToProduce[][]): (number | undefined)[][] =>
  sent.map((messages) => messages.map(({ value }) => value?.length))

describe('the Kafka scorer', () => {
  it('refuses options that are wrong, by name', () => {
    const refused: readonly (readonly [object, string])[] = [
      [{ groupId: '' }, 'groupId: got empty text, wanted a name'],
      [{ events: 7 }, 'events: got 7, wanted a name'],
      [{ connection: undefined }, 'connection'],
      [{ from: 'middle' }, 'from: got "middle", wanted one of earliest, latest'],
      [{ batchRecords: 0 }, 'batchRecords'],
      [{ baselines: 'baselines', store: new MemoryStore() }, 'baselines: got a topic and a store, wanted one of them'],
      [{ flagAt: 2 }, 'flagAt'],
      [{ groupID: 'x' }, 'groupID'],
    ]
    for (const [wrong, message] of refused) {
      expect(() => new KafkaScorer({ ...options, ...wrong })).toThrow(message)
    }
    expect(new KafkaScorer(options).tally).toEqual({ records: 0, scored: 0, anomalies: 0, passed: 0 })
  })

  it('is on docs/pipelines.md as the tests with a broker run it', () => {
    const member = readFileSync(new URL('../integration/kafka/member.ts', import.meta.url), 'utf8')
    const shown = member
      .replaceAll(/^\/\/.*\n/gm, '')
      .replace("'../../../plugins/kafka.ts'", "'hedgerow/plugins/kafka'")
    expect(configuration('test/integration/kafka/member.ts').trim()).toBe(shown.trim())
  })
})

describe('what the Kafka scorer writes', () => {
  it('goes out in requests that brokers take, in order', async () => {
    const to = producer(1_000_000)
    await new Writer(to.producer).write([300_000, 300_000, 300_000, 900_000, 10, 20].map((bytes) => outgoing(bytes)))
    expect(sizes(to.sent)).toEqual([[300_000, 300_000], [300_000], [900_000], [10, 20]])
  })

  it('goes out one by one where a topic takes less, and without its verdict where only that fits', async () => {
    const to = producer(1000)
    await new Writer(to.producer).write([outgoing(700), outgoing(1200, 900), outgoing(500)])
    expect(sizes(to.sent)).toEqual([[700], [900], [500]])
  })

  it('stops, by the name of the topic, at a record that does not fit at all', async () => {
    const to = producer(1000)
    const writing = new Writer(to.producer).write([outgoing(700), outgoing(2000, 1500), outgoing(500)])
    await expect(writing).rejects.toThrow('the topic verdicts takes no record as large')
    expect(sizes(to.sent)).toEqual([[700]])
  })

  it('of baselines, says whose, what, and up to which event', () => {
    const layout = { id: 'test', width: 2 }
    const message = baselineMessage('baselines', 3, layout, 'ada', new Float32Array([1, 2]), 17n)
    expect([message.topic, message.partition, message.key?.toString()]).toEqual(['baselines', 3, 'ada'])
    expect(baselinesFromBytes(message.value ?? new Uint8Array(), layout)).toEqual([
      ['ada', new Float32Array([1, 2]), false],
    ])
    const headers = [...(message.headers as Map<Buffer, Buffer>)].map(([name, value]) => `${name}=${value}`)
    expect(headers).toEqual(['hedgerow-offset=17'])
  })
})
