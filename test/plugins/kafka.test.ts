import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { type Consumer, type MessageToProduce, type Producer, ProtocolError } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { baselineMessage } from '../../plugins/kafka/baseline-log.ts'
import type { Fetched } from '../../plugins/kafka/fetch.ts'
import { Membership } from '../../plugins/kafka/members.ts'
import { Partition } from '../../plugins/kafka/partition.ts'
import { type Outgoing, Writer } from '../../plugins/kafka/writer.ts'
import { KafkaScorer, type KafkaScorerOptions } from '../../plugins/kafka.ts'
import { Lane } from '../../plugins/shared/lanes.ts'
import { type RecordMapper, recordMapper } from '../../src/records/record-map.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { baselinesFromBytes } from '../../src/store/snapshot.ts'
import { event } from './hostile.ts'
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

  it('stops without a word of its own where there is no broker: run says what went wrong', async () => {
    const connection = { bootstrapBrokers: ['127.0.0.1:1'], retries: 0, connectTimeout: 1000 }
    const scorer = new KafkaScorer({ ...options, connection })
    const running = expect(scorer.run()).rejects.toThrow()
    await expect(scorer.stop()).resolves.toBeUndefined()
    await running
  })

  it('is on docs/pipelines.md as the tests with a broker run it', () => {
    const member = readFileSync(new URL('../integration/kafka/member.ts', import.meta.url), 'utf8')
    const shown = member
      .replaceAll(/^\/\/.*\n/gm, '')
      .replace("'../../../plugins/kafka.ts'", "'hedgerow/plugins/kafka'")
    expect(configuration('test/integration/kafka/member.ts').trim()).toBe(shown.trim())
  })
})

describe('a member of the group', () => {
  it('ends with what the client says that could not join again, instead of ending the process', async () => {
    const client = new EventEmitter()
    const members = new Membership(client as unknown as Consumer, 'events', () => Promise.reject(new Error('unused')))
    expect(await members.partitions()).toEqual(new Map())
    const { term } = members
    client.emit('error', new Error('no broker'))
    expect(members.term).not.toBe(term)
    await expect(members.partitions()).rejects.toThrow('no broker')
  })

  it('passes over what the member before it has answered, and looks no further behind it', () => {
    const record = (user: string, offset: bigint): Fetched => {
      const value = Buffer.from(JSON.stringify(event(user)))
      return { partition: 0, offset, leaderEpoch: 0, timestamp: 0n, key: null, value, headers: [] }
    }
    const mapped: unknown[] = []
    const toEvent: RecordMapper = (value) => {
      mapped.push(value)
      return recordMapper()(value)
    }
    const lane = new Lane('test', {}, [], new MemoryStore())
    const partition = new Partition(0, lane, 5n, new Map([['ada', 6n]]), toEvent)
    const offsets = (...records: Fetched[]) => partition.unanswered(records).map(({ offset }) => offset)
    expect(offsets(record('ada', 5n), record('bob', 6n), record('ada', 7n))).toEqual([6n, 7n])
    expect(mapped).toHaveLength(3)
    expect(offsets(record('ada', 8n), record('bob', 9n))).toEqual([8n, 9n])
    expect(mapped).toHaveLength(3)
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
