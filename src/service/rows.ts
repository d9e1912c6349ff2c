import { type BehaviorEvent, parseEvent } from '../event.ts'
import { RecordReader, type Row } from '../records/index.ts'
import { ListError, ListSplitter } from '../records/list-splitter.ts'
import { notJson, Refusal } from './problem.ts'

/** What a batch comes in. */
export const BATCH_TYPES = ['application/json', 'application/x-ndjson'] as const
export type BatchType = (typeof BATCH_TYPES)[number]

/** A row of a batch: an event, or why it is none. */
export type BatchRow = BehaviorEvent | Refusal

/** Bytes that are cut into rows at once: what bounds a group of rows. */
const SLICE_BYTES = 65_536

/**
 * The rows of a batch in groups, as they arrive.
 *
 * @throws Refusal while reading, where the batch as a whole cannot be read further
 */
export async function* readRows(
  bytes: AsyncIterable<Uint8Array>,
  type: BatchType,
  eventTypes: readonly string[],
  maxEventBytes: number,
): AsyncGenerator<readonly BatchRow[]> {
  const reader =
    type === 'application/json' ? arrayReader(eventTypes, maxEventBytes) : lineReader(eventTypes, maxEventBytes)
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      const rows = reader.push(chunk.subarray(at, at + SLICE_BYTES))
      if (rows.length > 0) yield rows
    }
  }
  const last = reader.finish()
  if (last.length > 0) yield last
}

interface Reader {
  push(bytes: Uint8Array): BatchRow[]
  finish(): BatchRow[]
}

function arrayReader(eventTypes: readonly string[], maxEventBytes: number): Reader {
  const decoder = new TextDecoder()
  let rows: BatchRow[] = []
  const splitter = new ListSplitter(maxEventBytes, (element) => {
    rows.push(element === undefined ? tooLong(maxEventBytes) : rowOf(decoder.decode(element), eventTypes))
  })
  const rowsAfter = (step: () => void): BatchRow[] => {
    rows = []
    try {
      step()
    } catch (cause) {
      throw cause instanceof ListError ? notAList(cause) : cause
    }
    return rows
  }
  return {
    push: (bytes) => rowsAfter(() => splitter.push(bytes)),
    finish: () => rowsAfter(() => splitter.finish()),
  }
}

function rowOf(text: string, eventTypes: readonly string[]): BatchRow {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return noEvent(text)
  }
  const parsed = parseEvent(value, eventTypes)
  return parsed.ok ? parsed.event : new Refusal(422, parsed.problems)
}

function lineReader(eventTypes: readonly string[], maxEventBytes: number): Reader {
  const reader = new RecordReader({ format: 'ndjson', eventTypes, maxLineBytes: maxEventBytes })
  return {
    push: (bytes) => reader.push(bytes).flatMap((row) => lineRow(row, maxEventBytes)),
    finish: () => reader.finish().flatMap((row) => lineRow(row, maxEventBytes)),
  }
}

/** Empty lines, and the rest of lines that were too long, are no rows. */
function lineRow(row: Row, maxEventBytes: number): BatchRow | [] {
  if (row.kind === 'event') return row.event
  if (row.kind !== 'problem') return []
  if (row.problems.length > 0) return new Refusal(422, row.problems)
  return row.tooLong === true ? tooLong(maxEventBytes) : noEvent(row.text)
}

function notAList(cause: ListError): Refusal {
  return new Refusal(400, { field: 'body', got: cause.got, wanted: cause.wanted }, { cause })
}

function noEvent(text: string): Refusal {
  return new Refusal(400, { field: '', got: notJson(text), wanted: 'a JSON object with the fields of an event' })
}

function tooLong(maxEventBytes: number): Refusal {
  return new Refusal(413, { field: '', got: 'more', wanted: `an event of at most ${maxEventBytes} bytes` })
}
