import type { Consumer, MessageToProduce } from '@platformatic/kafka'
import type { StoreLayout } from '../../src/store/contract.ts'
import type { MemoryBaselines } from '../../src/store/memory.ts'
import { baselinesFromBytes, baselinesToBytes } from '../../src/store/snapshot.ts'
import { edgeOf, type Fetched, fetchFrom } from './fetch.ts'

/**
 * Baselines in a compacted topic: for each user the last one, in the partition of the user's events. Each says up to
 * which offset of that partition it has learnt. They are written when the verdicts of a batch are, and before its offsets
 * are committed. So after a crash
 *
 * - a user whose baseline was written has been answered up to there, and those events need not be answered again;
 * - one whose baseline was not is where he was before the batch, and his events get the scores that they got then.
 */
const OFFSET_HEADER = 'hedgerow-offset'

const BOUNDS = { maxBytes: 2 ** 20, maxWaitMs: 100 }

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
 * @param reader for this alone: it belongs to no group
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
  const learnt: Answered = new Map()
  let next = await edgeOf(reader, topic, partition, 'earliest')
  for (let empty = 0; empty < MOST_EMPTY; empty++) {
    const [portion] = await fetchFrom(reader, topic, new Map([[partition, next]]), BOUNDS)
    if (portion === undefined) continue
    for (const record of portion.records) take(record, layout, into, learnt)
    if (portion.next > next) empty = 0
    next = portion.next
    if (next >= portion.end) return furtherThan(learnt, committed)
  }
  throw new Error(`the topic ${topic} could not be read to the end of partition ${partition}`)
}

function take({ key, value, headers }: Fetched, layout: StoreLayout, into: MemoryBaselines, learnt: Answered): void {
  if (key === null) return
  const user = key.toString()
  // Somebody has had the user erased.
  if (value === null) {
    into.delete(user)
    learnt.delete(user)
    return
  }
  const offset = offsetOf(headers)
  // A member that did not know yet that it had lost the partition may have written after the one that has it now.
  if (offset === undefined || offset < (learnt.get(user) ?? 0n)) return
  try {
    into.restore(baselinesFromBytes(value, layout))
    learnt.set(user, offset)
  } catch {
    // Another model's, or damaged: the user begins anew.
  }
}

function furtherThan(learnt: Answered, committed: bigint): Answered {
  for (const [user, offset] of learnt) if (offset < committed) learnt.delete(user)
  return learnt
}

function offsetOf(headers: Fetched['headers']): bigint | undefined {
  const text = headers.find(([name]) => name?.toString() === OFFSET_HEADER)?.[1]?.toString() ?? ''
  return /^\d{1,19}$/.test(text) ? BigInt(text) : undefined
}
