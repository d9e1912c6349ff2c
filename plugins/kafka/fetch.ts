import { type Consumer, findErrorBy, IS_CONTROL } from '@platformatic/kafka'

/** A record of a topic. */
export interface Fetched {
  readonly partition: number
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly timestamp: bigint
  readonly key: Buffer | null
  /** null: a tombstone. */
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[]
}

/** What one partition had at and after a position. */
export interface Portion {
  readonly partition: number
  readonly records: readonly Fetched[]
  /** Where to go on: behind what transactions leave in a topic too. */
  readonly next: bigint
  /** Where the partition ended at the time. */
  readonly end: bigint
}

export interface FetchBounds {
  /** Of one answer; a single record may be larger. */
  readonly maxBytes: number
  /** How long a broker waits for something to come. */
  readonly maxWaitMs: number
}

const EARLIEST = -2n
const LATEST = -1n

/**
 * Reads partitions from positions of our own. The client's message stream keeps its positions to itself, and after a
 * rebalance hands out what it had read before it; which of that has been answered would then be guesswork.
 */
export async function fetchFrom(
  consumer: Consumer,
  topic: string,
  positions: ReadonlyMap<number, bigint>,
  { maxBytes, maxWaitMs }: FetchBounds,
): Promise<Portion[]> {
  const { topics } = await consumer.metadata({ topics: [topic] })
  const about = topics.get(topic)
  if (about === undefined) throw new Error(`there is no topic ${topic}`)
  const byLeader = new Map<number, Parameters<Consumer['fetch']>[0]['topics'][number]['partitions']>()
  for (const [partition, fetchOffset] of positions) {
    const leader = about.partitions[partition]?.leader ?? -1
    const wanted = byLeader.get(leader) ?? []
    wanted.push({ partition, fetchOffset, partitionMaxBytes: maxBytes, currentLeaderEpoch: -1, lastFetchedEpoch: -1 })
    byLeader.set(leader, wanted)
  }
  const portions = await Promise.all(
    Array.from(byLeader, async ([node, partitions]) => {
      const wanted = [{ topicId: about.id, partitions }]
      const { responses } = await consumer.fetch({
        node,
        topics: wanted,
        maxBytes,
        maxWaitTime: maxWaitMs,
        minBytes: 1,
      })
      return responses.filter(({ topicId }) => topicId === about.id).flatMap(({ partitions }) => partitions)
    }),
  )
  return portions.flat().flatMap((one): Portion[] => {
    const from = positions.get(one.partitionIndex)
    return from === undefined ? [] : [portionOf(one, from)]
  })
}

type Answer = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number]

function portionOf({ partitionIndex: partition, records: batches, highWatermark: end }: Answer, from: bigint): Portion {
  const records: Fetched[] = []
  let next = from
  for (const {
    firstOffset,
    firstTimestamp,
    lastOffsetDelta,
    attributes,
    partitionLeaderEpoch,
    records: held,
  } of batches ?? []) {
    const after = firstOffset + BigInt(lastOffsetDelta) + 1n
    if (after > next) next = after
    if ((attributes & IS_CONTROL) !== 0) continue
    for (const { offsetDelta, timestampDelta, key, value, headers } of held) {
      const offset = firstOffset + BigInt(offsetDelta)
      // Brokers answer with whole batches, which may begin before the position.
      if (offset < from) continue
      const timestamp = firstTimestamp + timestampDelta
      records.push({ partition, offset, leaderEpoch: partitionLeaderEpoch, timestamp, key, value, headers })
    }
  }
  return { partition, records, next, end }
}

/** The first offset that a partition still has, or the one that its next record will get. */
export async function edgeOf(
  consumer: Consumer,
  topic: string,
  partition: number,
  edge: 'earliest' | 'latest',
): Promise<bigint> {
  const timestamp = edge === 'earliest' ? EARLIEST : LATEST
  const offsets = await consumer.listOffsets({ topics: [topic], partitions: { [topic]: [partition] }, timestamp })
  return offsets.get(topic)?.[partition] ?? 0n
}

/** Whether a topic has forgotten what stood at a position: its retention was shorter than its reader's absence. */
export function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && findErrorBy(error, 'apiId', 'OFFSET_OUT_OF_RANGE') !== null
}
