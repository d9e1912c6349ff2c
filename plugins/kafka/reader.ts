import type { Consumer } from '@platformatic/kafka'
import { edgeOf, type Fetched, fetchFrom, isOutOfRange, type Portion } from './fetch.ts'
import type { KafkaSettings } from './options.ts'
import type { Partition } from './partition.ts'

/** Records of one partition that are answered together. */
export interface Batch {
  readonly partition: Partition
  readonly records: readonly Fetched[]
  /** The position behind them. */
  readonly next: bigint
}

/** How long a broker waits for events, and a member without partitions for some. */
const WAIT_MS = 250

/** What the partitions of a member have next, in batches. Positions move as batches are answered, not as they are read. */
export class EventReader {
  readonly #consumer: Consumer
  readonly #settings: KafkaSettings

  constructor(consumer: Consumer, settings: KafkaSettings) {
    this.#consumer = consumer
    this.#settings = settings
  }

  async read(partitions: ReadonlyMap<number, Partition>): Promise<Batch[]> {
    if (partitions.size === 0) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
      return []
    }
    const { events, fetchBytes: maxBytes } = this.#settings
    const positions = new Map(Array.from(partitions, ([number, { next }]) => [number, next]))
    try {
      const portions = await fetchFrom(this.#consumer, events, positions, { maxBytes, maxWaitMs: WAIT_MS })
      return portions.flatMap((portion) => {
        const partition = partitions.get(portion.partition)
        return partition === undefined ? [] : this.#batchesOf(portion, partition)
      })
    } catch (error) {
      if (!isOutOfRange(error)) throw error
      await this.#catchUp(partitions)
      return []
    }
  }

  #batchesOf({ records, next }: Portion, partition: Partition): Batch[] {
    // Nothing but what transactions leave in a topic: it is passed over.
    if (records.length === 0) return next > partition.next ? [{ partition, records, next }] : []
    const { batchRecords } = this.#settings
    const batches: Batch[] = []
    for (let at = 0; at < records.length; at += batchRecords) {
      const some = records.slice(at, at + batchRecords)
      const last = some.at(-1)?.offset ?? next
      batches.push({ partition, records: some, next: at + batchRecords < records.length ? last + 1n : next })
    }
    return batches
  }

  /** The topic has forgotten events before they were read, or was made anew: reading goes on with what it has. */
  async #catchUp(partitions: ReadonlyMap<number, Partition>): Promise<void> {
    const { events } = this.#settings
    for (const [number, partition] of partitions) {
      const earliest = await edgeOf(this.#consumer, events, number, 'earliest')
      const latest = await edgeOf(this.#consumer, events, number, 'latest')
      if (partition.next < earliest || partition.next > latest) partition.next = earliest
    }
  }
}
