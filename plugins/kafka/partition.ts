import type { Message } from '@platformatic/kafka'
import type { RecordMapper } from '../../src/records/record-map.ts'
import type { Lane, Tally } from '../shared/lanes.ts'
import { parseRaw, rawOf } from '../shared/raw.ts'
import type { SinkRecord } from '../sinks/contract.ts'
import type { Answered } from './baseline-log.ts'

/** What this member knows of a partition that it has. */
export class Partition {
  readonly lane: Lane
  /** The first offset that has not been answered here. */
  #next: bigint
  readonly #answered: Answered
  readonly #toEvent: RecordMapper

  /** @param answered by a member before this one */
  constructor(lane: Lane, next: bigint, answered: Answered, toEvent: RecordMapper) {
    this.lane = lane
    this.#next = next
    this.#answered = answered
    this.#toEvent = toEvent
  }

  /**
   * Those of the messages that have not been answered: after a rebalance some come a second time, and after a crash some
   * that a member before this one had written verdicts of.
   */
  unanswered(messages: readonly Message[]): Message[] {
    return messages.filter((message) => message.offset >= this.#next && !this.#isAnswered(message))
  }

  /** @returns the records, in order; a message without a value has none to change */
  async score(messages: readonly Message[], tally: Tally): Promise<(SinkRecord | undefined)[]> {
    const full = messages.filter(hasValue)
    const records = await this.lane.score(
      full.map(({ value }) => rawOf(value)),
      tally,
    )
    let at = 0
    return messages.map((message) => (hasValue(message) ? records[at++] : undefined))
  }

  /** What is to be committed. */
  get next(): bigint {
    return this.#next
  }

  /** @param offset the last that has been answered */
  advance(offset: bigint): void {
    if (offset >= this.#next) this.#next = offset + 1n
  }

  #isAnswered(message: Message): boolean {
    if (this.#answered.size === 0 || !hasValue(message)) return false
    const mapped = this.#toEvent(parseRaw(rawOf(message.value)))
    const until = mapped.ok ? this.#answered.get(mapped.event.userId) : undefined
    return until !== undefined && until >= message.offset
  }
}

/** A tombstone has none, whatever the types say. */
export function hasValue(message: Message): boolean {
  return (message.value as Buffer | null | undefined) instanceof Uint8Array
}
