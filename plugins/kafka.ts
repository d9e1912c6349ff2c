import { Consumer, Producer } from '@platformatic/kafka'
import { begin } from './kafka/begin.ts'
import { Membership } from './kafka/members.ts'
import { type KafkaScorerOptions, type KafkaSettings, settle } from './kafka/options.ts'
import { type Batch, EventReader } from './kafka/reader.ts'
import { expectTopics } from './kafka/topics.ts'
import { baselinesOf, verdictOf } from './kafka/verdict.ts'
import { Writer } from './kafka/writer.ts'
import { emptyTally, type Tally } from './shared/lanes.ts'

export type { KafkaScorerOptions } from './kafka/options.ts'
export { SOURCE_HEADER } from './kafka/verdict.ts'

/** How often a write that failed is tried again, a second apart, unless the connection says otherwise. */
const WRITE_RETRIES = 10

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

  /** Writes and commits the batch at hand, leaves the group, closes. Never rejects: what went wrong, `run` says. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running?.catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { connection, groupId, sessionTimeoutMs, events } = this.#settings
    const consumer = new Consumer({ ...connection, groupId, sessionTimeout: sessionTimeoutMs, autocommit: false })
    const producer = new Producer({ ...connection, retries: writeRetries(connection.retries), idempotent: true })
    try {
      const verdictPartitions = await expectTopics(consumer, this.#settings)
      const members = new Membership(consumer, events, (number) => begin(number, consumer, this.#settings))
      const reader = new EventReader(consumer, this.#settings)
      const way: Way = { members, writer: new Writer(producer), verdictPartitions }
      await members.join()
      while (!this.#stopped) {
        const partitions = await members.partitions()
        const { term } = members
        for (const batch of await reader.read(partitions)) {
          if (this.#stopped || !(await this.#answer(batch, term, way))) break
        }
      }
    } finally {
      for (const client of [consumer, producer]) await client.close(true).catch(() => undefined)
    }
  }

  /**
   * Scores, writes, learns, commits, in this order.
   *
   * @param term in which the batch was read
   * @returns whether what was read in it is still ours to answer
   */
  async #answer({ partition, records, next }: Batch, term: string, way: Way): Promise<boolean> {
    const { members, writer, verdictPartitions } = way
    const { lane, number } = partition
    const into = number % verdictPartitions
    const tally = emptyTally()
    const unanswered = partition.unanswered(records)
    const lines = await partition.score(unanswered, tally)
    if (members.term !== term) {
      lane.discard()
      return false
    }
    await writer.write(unanswered.map((record, i) => verdictOf(record, lines[i], into, this.#settings)))
    await writer.write(baselinesOf(partition, next - 1n, this.#settings))
    await lane.commit()
    partition.next = next
    const leaderEpoch = records.at(-1)?.leaderEpoch ?? -1
    await members.commit([{ topic: this.#settings.events, partition: number, offset: next, leaderEpoch }])
    for (const name of ['records', 'scored', 'anomalies', 'passed'] as const) this.#total[name] += tally[name]
    this.#settings.onBatch?.(tally)
    return members.term === term
  }
}

/** The way from a batch to the brokers. */
interface Way {
  readonly members: Membership
  readonly writer: Writer
  readonly verdictPartitions: number
}

/** A producer that writes nothing twice takes one retry or none for a wish to try for ever, and nobody would hear of it. */
function writeRetries(retries: number | boolean = WRITE_RETRIES): number | boolean {
  return typeof retries === 'number' ? Math.max(2, retries) : retries || 2
}
