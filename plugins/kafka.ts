import { Consumer, findErrorBy, Producer } from '@platformatic/kafka'
import { recordMapper } from '../src/records/record-map.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { type Answered, baselineMessage, restore } from './kafka/baseline-log.ts'
import { edgeOf, type Fetched, fetchFrom, isOutOfRange } from './kafka/fetch.ts'
import { Membership } from './kafka/members.ts'
import { type KafkaScorerOptions, type KafkaSettings, OWN, settle } from './kafka/options.ts'
import { Partition } from './kafka/partition.ts'
import { type Outgoing, Writer } from './kafka/writer.ts'
import { emptyTally, Lane, type Tally } from './shared/lanes.ts'

export type { KafkaScorerOptions } from './kafka/options.ts'

/** Names the event that a verdict answers, `TOPIC/PARTITION/OFFSET`: what duplicates are known by. */
export const SOURCE_HEADER = 'hedgerow-source'

/** How long a broker waits for events, and a member without partitions for some. */
const WAIT_MS = 250

/**
 * A member of a consumer group that reads a topic of events and writes each record to a topic of verdicts, with its
 * `anomaly`: into the partition of the same number, in the same order, with the same key, time and headers.
 *
 * At least once: offsets are committed after the verdicts have been written, so that a crash loses nothing and answers a
 * batch twice at most.
 *
 *     const scorer = new KafkaScorer({ connection, groupId: 'hedgerow', events: 'events', verdicts: 'verdicts' })
 *     process.once('SIGTERM', () => scorer.stop())
 *     await scorer.run()
 */
export class KafkaScorer {
  readonly #settings: KafkaSettings
  readonly #total = emptyTally()
  #stopped = false
  #running: Promise<void> | undefined

  /** @throws TypeError or RecordsError naming the option, what it got and what it wanted */
  constructor(options: KafkaScorerOptions) {
    this.#settings = settle(options)
    // Wrong scoring options shall not wait for the first event.
    this.#lane(new MemoryStore())
  }

  /** Records written and committed so far. */
  get tally(): Readonly<Tally> {
    return { ...this.#total }
  }

  /** Resolves once stopped. @throws what the client throws, once its retries are used up: start again then */
  run(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  /** Writes and commits the batch at hand, leaves the group, closes. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    const { connection, groupId, sessionTimeoutMs, events } = this.#settings
    const consumer = new Consumer({ ...connection, groupId, sessionTimeout: sessionTimeoutMs, autocommit: false })
    const producer = new Producer({ ...connection, idempotent: true })
    try {
      const verdictPartitions = await this.#expectTopics(consumer)
      const members = new Membership(consumer, events, (partition) => this.#begin(partition, consumer))
      const writer = new Writer(producer)
      await members.join()
      while (!this.#stopped) {
        const partitions = await members.partitions()
        const term = members.term
        for (const batch of await this.#read(consumer, partitions)) {
          if (this.#stopped || !(await this.#answer(batch, partitions, members, term, writer, verdictPartitions))) break
        }
      }
    } finally {
      for (const client of [consumer, producer]) await client.close(true).catch(() => undefined)
    }
  }

  /** What the partitions have next, in batches; positions move only as batches are answered. */
  async #read(consumer: Consumer, partitions: ReadonlyMap<number, Partition>): Promise<Batch[]> {
    const { events, fetchBytes, batchRecords } = this.#settings
    if (partitions.size === 0) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
      return []
    }
    const positions = new Map(Array.from(partitions, ([number, { next }]) => [number, next]))
    try {
      const portions = await fetchFrom(consumer, events, positions, { maxBytes: fetchBytes, maxWaitMs: WAIT_MS })
      const batches: Batch[] = []
      for (const { partition, records, next } of portions) {
        for (let at = 0; at < records.length; at += batchRecords) {
          const some = records.slice(at, at + batchRecords)
          const after = some.at(-1)?.offset ?? next
          batches.push({ partition, records: some, next: at + batchRecords < records.length ? after + 1n : next })
        }
        if (records.length === 0 && next > (positions.get(partition) ?? next))
          batches.push({ partition, records, next })
      }
      return batches
    } catch (error) {
      if (!isOutOfRange(error)) throw error
      // The topic has forgotten events before they were read, or was made anew: go on with what it has.
      for (const [number, partition] of partitions) {
        const earliest = await edgeOf(consumer, events, number, 'earliest')
        const latest = await edgeOf(consumer, events, number, 'latest')
        if (partition.next < earliest || partition.next > latest) partition.next = earliest
      }
      return []
    }
  }

  /** Scores, writes, learns, commits, in this order. @returns whether what was read is still ours to answer */
  async #answer(
    { partition: number, records, next }: Batch,
    partitions: ReadonlyMap<number, Partition>,
    members: Membership,
    term: string,
    writer: Writer,
    verdictPartitions: number,
  ): Promise<boolean> {
    const partition = partitions.get(number)
    if (partition === undefined) return false
    const tally = emptyTally()
    const { lane } = partition
    const unanswered = partition.unanswered(records)
    const lines = await partition.score(unanswered, tally)
    if (members.term !== term) {
      lane.discard()
      return false
    }
    await writer.write(unanswered.map((record, i) => this.#verdict(record, lines[i], number % verdictPartitions)))
    await writer.write(this.#baselinesOf(partition, next - 1n))
    await lane.commit()
    partition.next = next
    const leaderEpoch = records.at(-1)?.leaderEpoch ?? -1
    await members.commit([{ topic: this.#settings.events, partition: number, offset: next, leaderEpoch }])
    for (const name of ['records', 'scored', 'anomalies', 'passed'] as const) this.#total[name] += tally[name]
    this.#settings.onBatch?.(tally)
    return members.term === term
  }

  #verdict(record: Fetched, line: string | Uint8Array | undefined, into: number): Outgoing {
    const { key, value, timestamp, headers, partition, offset } = record
    const { events, verdicts } = this.#settings
    const source = Buffer.from(`${events}/${partition}/${offset}`)
    const known = headers.map(([name, text]) => [name ?? Buffer.alloc(0), text ?? Buffer.alloc(0)] as const)
    const message = {
      topic: verdicts,
      partition: into,
      timestamp,
      headers: new Map([...known, [Buffer.from(SOURCE_HEADER), source]]),
      ...(key === null ? {} : { key }),
      ...(line === undefined ? {} : { value: Buffer.from(line as string) }),
    }
    return { message, untouched: value ?? undefined }
  }

  #baselinesOf({ lane, number }: Partition, offset: bigint): Outgoing[] {
    const { baselines, layout } = this.#settings
    if (baselines === undefined) return []
    return Array.from(lane.changed(), ([key, baseline]) => ({
      message: baselineMessage(baselines, number, layout, key, baseline, offset),
      untouched: undefined,
    }))
  }

  /** Takes a partition up where the member that had it before left off. */
  async #begin(number: number, consumer: Consumer): Promise<Partition> {
    const { connection, groupId, events, baselines, layout, maxUsers, scoring, from } = this.#settings
    const committed = await consumer.listCommittedOffsets({ topics: [{ topic: events, partitions: [number] }] })
    const known = committed.get(events)?.[number] ?? -1n
    const next = known >= 0n ? known : await edgeOf(consumer, events, number, from)
    const memory = new MemoryStore({ maxUsers })
    let answered: Answered = new Map()
    if (baselines !== undefined) {
      const reader = new Consumer({ ...connection, groupId: `${groupId}-baselines`, autocommit: false })
      try {
        answered = await restore(reader, baselines, number, layout, next, memory.open(layout))
      } finally {
        await reader.close(true)
      }
    }
    const toEvent = recordMapper(scoring.map, scoring.model?.eventTypes)
    return new Partition(number, this.#lane(scoring.store ?? memory), next, answered, toEvent)
  }

  #lane(store: MemoryStore | NonNullable<KafkaScorerOptions['store']>): Lane {
    return new Lane('kafkaScorer', this.#settings.scoring, OWN, store)
  }

  /** @returns how many partitions the topic of verdicts has */
  async #expectTopics(consumer: Consumer): Promise<number> {
    const { events, verdicts, baselines } = this.#settings
    const wanted = await partitionsOf(consumer, events)
    const got = baselines === undefined ? wanted : await partitionsOf(consumer, baselines)
    if (got !== wanted) {
      throw new Error(`the topic ${baselines} has ${got} partitions, wanted ${wanted}: as many as ${events}`)
    }
    return partitionsOf(consumer, verdicts)
  }
}

/** Records of one partition that are answered together. */
interface Batch {
  readonly partition: number
  readonly records: readonly Fetched[]
  /** The position behind them. */
  readonly next: bigint
}

/** @throws Error where there is no such topic */
async function partitionsOf(consumer: Consumer, topic: string): Promise<number> {
  try {
    const { topics } = await consumer.metadata({ topics: [topic], autocreateTopics: false })
    return topics.get(topic)?.partitionsCount ?? 0
  } catch (cause) {
    const unknown = cause instanceof Error && findErrorBy(cause, 'apiId', 'UNKNOWN_TOPIC_OR_PARTITION') !== null
    throw unknown || (cause instanceof Error && cause.message.startsWith('Unknown topic'))
      ? new Error(`there is no topic ${topic}`, { cause })
      : cause
  }
}
