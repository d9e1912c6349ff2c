import { Consumer, findErrorBy, type Message, type MessagesStream, Producer } from '@platformatic/kafka'
import { recordMapper } from '../src/records/record-map.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { type Answered, baselineMessage, restore } from './kafka/baseline-log.ts'
import { batchesOf } from './kafka/batches.ts'
import { type KafkaScorerOptions, type KafkaSettings, OWN, settle } from './kafka/options.ts'
import { Partition } from './kafka/partition.ts'
import { type Outgoing, Writer } from './kafka/writer.ts'
import { emptyTally, Lane, type Tally } from './shared/lanes.ts'

export type { KafkaScorerOptions } from './kafka/options.ts'

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>

/** Names the event that a verdict answers, `TOPIC/PARTITION/OFFSET`: what duplicates are known by. */
export const SOURCE_HEADER = 'hedgerow-source'

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
  readonly #stopping = new AbortController()
  readonly #partitions = new Map<number, Partition>()
  readonly #total = emptyTally()
  #generation = { member: '', number: -1 }
  #running: Promise<void> | undefined

  /** @throws TypeError or RecordsError naming the option, what it got and what it wanted */
  constructor(options: KafkaScorerOptions) {
    this.#settings = settle(options)
    // Wrong scoring options shall not wait for the first event.
    this.#lane(new MemoryStore())
  }

  /** Records written so far. */
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
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { connection, groupId, groupInstanceId, sessionTimeoutMs, events, from } = this.#settings
    const name = groupInstanceId === undefined ? {} : { groupInstanceId }
    const consumer = new Consumer({
      ...connection,
      ...name,
      groupId,
      sessionTimeout: sessionTimeoutMs,
      autocommit: false,
    })
    const reader = new Consumer({ ...connection, groupId: `${groupId}-baselines`, autocommit: false })
    const producer = new Producer({ ...connection, idempotent: true })
    let stream: Stream | undefined
    try {
      const partitions = await this.#expectTopics(reader)
      stream = await consumer.consume({ topics: [events], mode: 'committed', fallbackMode: from, maxWaitTime: 500 })
      const most = { records: this.#settings.batchRecords, bytes: this.#settings.batchBytes }
      for await (const batch of batchesOf(stream, most, this.#stopping.signal)) {
        await this.#answer(batch, consumer, reader, new Writer(producer), partitions)
      }
    } finally {
      await stream?.close().catch(() => undefined)
      for (const client of [consumer, reader, producer]) await client.close(true).catch(() => undefined)
    }
  }

  /** @returns how many partitions the topic of verdicts has */
  async #expectTopics(reader: Consumer): Promise<number> {
    const { events, verdicts, baselines } = this.#settings
    const wanted = await partitionsOf(reader, events)
    const got = baselines === undefined ? wanted : await partitionsOf(reader, baselines)
    if (got !== wanted) {
      throw new Error(`the topic ${baselines} has ${got} partitions, wanted ${wanted}: as many as ${events}`)
    }
    return partitionsOf(reader, verdicts)
  }

  /** Scores, writes, learns, commits, in this order. */
  async #answer(
    batch: readonly Message[],
    consumer: Consumer,
    reader: Consumer,
    writer: Writer,
    verdictPartitions: number,
  ): Promise<void> {
    this.#forgetLost(consumer)
    const tally = emptyTally()
    const verdicts: Outgoing[] = []
    const baselines: Outgoing[] = []
    const commits = []
    const touched: Partition[] = []
    for (const [number, messages] of byPartition(batch)) {
      const last = messages.at(-1)
      if (last === undefined || !isAssigned(consumer, this.#settings.events, number)) continue
      const partition = this.#partitions.get(number) ?? (await this.#begin(number, consumer, reader))
      const unanswered = partition.unanswered(messages)
      const records = await partition.score(unanswered, tally)
      for (const [i, message] of unanswered.entries()) {
        verdicts.push(this.#verdict(message, records[i]?.line, number % verdictPartitions))
      }
      baselines.push(...this.#baselinesOf(partition, number, last.offset))
      partition.advance(last.offset)
      commits.push({ topic: last.topic, partition: number, offset: partition.next, leaderEpoch: last.leaderEpoch })
      touched.push(partition)
    }
    if (commits.length === 0) return
    await writer.write(verdicts)
    await writer.write(baselines)
    for (const { lane } of touched) await lane.commit()
    await commit(consumer, commits)
    for (const name of ['records', 'scored', 'anomalies', 'passed'] as const) this.#total[name] += tally[name]
    this.#settings.onBatch?.(tally)
  }

  #verdict(
    { key, value, timestamp, headers, topic, partition, offset }: Message,
    line: string | Uint8Array | undefined,
    into: number,
  ): Outgoing {
    const source = Buffer.from(`${topic}/${partition}/${offset}`)
    const message = {
      topic: this.#settings.verdicts,
      partition: into,
      key,
      value: line === undefined ? value : Buffer.from(line as string),
      timestamp,
      headers: new Map([...headers, [Buffer.from(SOURCE_HEADER), source]]),
    }
    return { message, untouched: value }
  }

  #baselinesOf({ lane }: Partition, number: number, offset: bigint): Outgoing[] {
    const { baselines, layout } = this.#settings
    if (baselines === undefined) return []
    return Array.from(lane.changed(), ([key, baseline]) => ({
      message: baselineMessage(baselines, number, layout, key, baseline, offset),
      untouched: undefined,
    }))
  }

  /** Takes a partition up where the member that had it before left off. */
  async #begin(number: number, consumer: Consumer, reader: Consumer): Promise<Partition> {
    const { events, baselines, layout, maxUsers, scoring } = this.#settings
    const memory = new MemoryStore({ maxUsers })
    let answered: Answered = new Map()
    if (baselines !== undefined) {
      const committed = await consumer.listCommittedOffsets({ topics: [{ topic: events, partitions: [number] }] })
      const next = committed.get(events)?.[number] ?? -1n
      answered = await restore(reader, baselines, number, layout, next < 0n ? 0n : next, memory.open(layout))
    }
    const toEvent = recordMapper(scoring.map, scoring.model?.eventTypes)
    const partition = new Partition(this.#lane(scoring.store ?? memory), 0n, answered, toEvent)
    this.#partitions.set(number, partition)
    return partition
  }

  #lane(store: MemoryStore | NonNullable<KafkaSettings['scoring']['store']>): Lane {
    return new Lane('kafkaScorer', this.#settings.scoring, OWN, store)
  }

  /**
   * Another member may have had a partition since, and have learnt: what is known of it here is then out of date. Where
   * this member had it in the generation before and has it in this one, nobody else has.
   */
  #forgetLost(consumer: Consumer): void {
    const { member, number } = this.#generation
    const now = { member: consumer.memberId ?? '', number: consumer.generationId }
    if (now.member === member && now.number === number) return
    const isNext = now.member === member && now.number === number + 1
    for (const partition of this.#partitions.keys()) {
      if (!isNext || !isAssigned(consumer, this.#settings.events, partition)) this.#partitions.delete(partition)
    }
    this.#generation = now
  }
}

/** @throws Error where there is no such topic */
async function partitionsOf(reader: Consumer, topic: string): Promise<number> {
  try {
    const { topics } = await reader.metadata({ topics: [topic], autocreateTopics: false })
    return topics.get(topic)?.partitionsCount ?? 0
  } catch (cause) {
    const unknown = cause instanceof Error && findErrorBy(cause, 'apiId', 'UNKNOWN_TOPIC_OR_PARTITION') !== null
    throw unknown ? new Error(`there is no topic ${topic}`, { cause }) : cause
  }
}

function byPartition(batch: readonly Message[]): Map<number, Message[]> {
  const groups = new Map<number, Message[]>()
  for (const message of batch) {
    const group = groups.get(message.partition)
    if (group === undefined) groups.set(message.partition, [message])
    else group.push(message)
  }
  return groups
}

function isAssigned(consumer: Consumer, topic: string, partition: number): boolean {
  return consumer.assignments?.some((one) => one.topic === topic && one.partitions.includes(partition)) ?? false
}

type Commits = Parameters<Consumer['commit']>[0]['offsets']

/** A group that is just being shared out anew takes no offsets; then what was written is written once more at worst. */
async function commit(consumer: Consumer, offsets: Commits): Promise<void> {
  try {
    await consumer.commit({ offsets })
  } catch (error) {
    if (error instanceof Error && findErrorBy(error, 'needsRejoin', true) !== null) return
    throw error
  }
}
