import type { BehaviorEvent } from '../event.ts'
import {
  type EventRow,
  type Format,
  type RecordOptions,
  RecordsError,
  type Row,
  readRecords,
} from '../records/index.ts'
import { keyedEvent } from '../records/keyed.ts'
import { CommandError, systemReason } from './exit.ts'
import type { Input } from './inputs.ts'

export interface Batch {
  readonly input: Input
  readonly format: Format | undefined
  /** None in the batch that says that the input has ended. */
  readonly rows: readonly Row[]
  /** The event of one of the rows, under the key of its user's baseline. */
  readonly eventOf: (row: EventRow) => BehaviorEvent
}

/** Where a reading is, for whoever shows it. */
export interface Watcher {
  bytes(count: number): void
  rows(count: number): void
}

/**
 * Reads several inputs as one log, in order, each in its own format.
 *
 * @throws CommandError naming the input, and what is wrong with it as a whole
 */
export async function* readInputs(
  inputs: readonly Input[],
  options: RecordOptions,
  signal: AbortSignal,
  watcher: Watcher,
): AsyncGenerator<Batch> {
  for (const input of inputs) {
    try {
      const records = readRecords(watched(input, watcher), options)
      const eventOf = (row: EventRow): BehaviorEvent => keyedEvent(row, records.format, options.map)
      for await (const rows of records) {
        signal.throwIfAborted()
        watcher.rows(rows.length)
        yield { input, format: records.format, rows, eventOf }
      }
      yield { input, format: records.format, rows: [], eventOf }
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof RecordsError) {
        const remedy = cause.code === 'format' ? ' (--format, --map)' : ''
        throw new CommandError(`${input.name}: ${cause.message}${remedy}`, { cause })
      }
      if (cause instanceof Error && 'syscall' in cause)
        throw new CommandError(`cannot read ${input.name}: ${systemReason(cause)}`, { cause })
      throw cause
    }
  }
}

async function* watched(input: Input, watcher: Watcher): AsyncGenerator<Uint8Array> {
  for await (const chunk of input.open()) {
    watcher.bytes(chunk.length)
    yield chunk
  }
}
