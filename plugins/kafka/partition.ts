import type { RecordMapper } from '../../src/records/record-map.ts'
import type { Lane, Tally } from '../shared/lanes.ts'
import { parseRaw, rawOf } from '../shared/raw.ts'
import type { SinkRecord } from '../sinks/contract.ts'
import type { Answered } from './baseline-log.ts'
import type { Fetched } from './fetch.ts'

/** What this member knows of a partition that it has. */
export class Partition {
  readonly number: number
  readonly lane: Lane
  /** The first offset that has not been answered. */
  next: bigint
  readonly #answered: Answered
  /** The last offset that any of them was answered up to. */
  readonly #answeredUntil: bigint
  readonly #toEvent: RecordMapper

  /** @param answered by a member before this one, from `next` on */
  constructor(number: number, lane: Lane, next: bigint, answered: Answered, toEvent: RecordMapper) {
    this.number = number
    this.lane = lane
    this.next = next
    this.#answered = answered
    let until = -1n
    for (const offset of answered.values()) if (offset > until) until = offset
    this.#answeredUntil = until
    this.#toEvent = toEvent
  }

  /** Without the records that a member before this one wrote verdicts of, but crashed before it committed them. */
  unanswered(records: readonly Fetched[]): readonly Fetched[] {
    const [first] = records
    // Behind the last of them nobody is looked up any more: each record would be read twice, for good.
    if (first !== undefined && first.offset > this.#answeredUntil) this.#answered.clear()
    return this.#answered.size === 0 ? records : records.filter((record) => !this.#isAnswered(record))
  }

  /** @returns a line for each record, in order; a tombstone has none */
  async score(records: readonly Fetched[], tally: Tally): Promise<(string | Uint8Array | undefined)[]> {
    const raws = records.flatMap(({ value }) => (value === null ? [] : [rawOf(value)]))
    const scored: readonly SinkRecord[] = await this.lane.score(raws, tally)
    let at = 0
    return records.map(({ value }) => (value === null ? undefined : scored[at++]?.line))
  }

  #isAnswered({ value, offset }: Fetched): boolean {
    if (value === null) return false
    const mapped = this.#toEvent(parseRaw(rawOf(value)))
    const until = mapped.ok ? this.#answered.get(mapped.event.userId) : undefined
    return until !== undefined && until >= offset
  }
}
