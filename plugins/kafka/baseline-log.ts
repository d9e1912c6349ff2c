import type { Consumer, MessageToProduce } from '@platformatic/kafka'
import type { StoreLayout } from '../../src/store/contract.ts'
import type { MemoryBaselines } from '../../src/store/memory.ts'
import { baselinesFromBytes, baselinesToBytes } from '../../src/store/snapshot.ts'

/**
 * Baselines in a compacted topic: for each user the last one, in the partition of the user's events. Each says up to
 * which offset of that partition it has learnt. They are written when the verdicts of a batch are, and before its offsets
 * are committed. So after a crash
 *
 * - a user whose baseline was written has been answered up to there, and those events need not be answered again;
 * - one whose baseline was not is where he was before the batch, and his events get the scores that they got then.
 */
const OFFSET_HEADER = 'hedgerow-offset'

/** Bytes asked for at a time. */
const FETCH_BYTES = 2 ** 20

/** Answers in a row that bring nothing, though there is more: not that a broker should ever give one. */
const MOST_EMPTY = 10

/** Up to which offset each user has been answered, where that is further than what was committed. */
export type Answered = Map<string, bigint>

/** @param offset of the last event that the baseline has learnt, or a later one of the batch */
export function baselineMessage(
  topic: string,
  partition: number,
  layout: StoreLayout,
  key: string,
  baseline: Float32Array,
  offset: bigint,
): MessageToProduce {
  return {
    topic,
    partition,
    key: Buffer.from(key),
    value: Buffer.from(baselinesToBytes(layout, [[key, baseline, false]])),
    headers: new Map([[Buffer.from(OFFSET_HEADER), Buffer.from(String(offset))]]),
  }
}

/**
 * Reads the baselines of one partition, from the beginning to what is its end when it gets there.
 *
 * @param committed the first offset of the events that was not committed
 * @param into gets the baselines; those of another model are left out
 * @returns who has been answered further than that
 */
export async function restore(
  reader: Consumer,
  topic: string,
  partition: number,
  layout: StoreLayout,
  committed: bigint,
  into: MemoryBaselines,
): Promise<Answered> {
  const answered: Answered = new Map()
  const metadata = await reader.metadata({ topics: [topic], forceUpdate: true })
  const about = metadata.topics.get(topic)
  const node = about?.partitions[partition]?.leader
  if (about === undefined || node === undefined) throw new Error(`the topic ${topic} has no partition ${partition}`)
  const earliest = await reader.listOffsets({ topics: [topic], partitions: { [topic]: [partition] }, timestamp: -2n })
  let next = earliest.get(topic)?.[partition] ?? 0n
  for (let empty = 0; empty < MOST_EMPTY; empty++) {
    const wanted = {
      partition,
      fetchOffset: next,
      partitionMaxBytes: FETCH_BYTES,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    }
    const topics = [{ topicId: about.id, partitions: [wanted] }]
    const response = await reader.fetch({ node, topics, maxBytes: FETCH_BYTES, maxWaitTime: 100, minBytes: 1 })
    const got = response.responses
      .flatMap(({ partitions }) => partitions)
      .find((one) => one.partitionIndex === partition)
    for (const batch of got?.records ?? []) {
      next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
      empty = 0
      for (const record of batch.records) take(record, layout, committed, into, answered)
    }
    if (got !== undefined && next >= got.highWatermark) return answered
  }
  throw new Error(`the topic ${topic} could not be read to the end of partition ${partition}`)
}

interface Kept {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[]
}

function take(
  { key, value, headers }: Kept,
  layout: StoreLayout,
  committed: bigint,
  into: MemoryBaselines,
  answered: Answered,
): void {
  if (key === null) return
  const user = key.toString()
  // Somebody has had the user erased.
  if (value === null) {
    into.delete(user)
    answered.delete(user)
    return
  }
  try {
    into.restore(baselinesFromBytes(value, layout))
  } catch {
    // Another model's, or damaged: the user begins anew.
    return
  }
  const offset = offsetOf(headers)
  if (offset !== undefined && offset >= committed) answered.set(user, offset)
}

function offsetOf(headers: Kept['headers']): bigint | undefined {
  const text = headers.find(([name]) => name?.toString() === OFFSET_HEADER)?.[1]?.toString() ?? ''
  return /^\d{1,19}$/.test(text) ? BigInt(text) : undefined
}
