/**
 * Log records into events: the one way in which the command, the demo and the log plug-ins read what applications log.
 *
 *     for await (const rows of readRecords(file.readableWebStream())) {
 *       for (const row of rows) if (row.kind === 'event') detector.score(row.event)
 *     }
 *
 * Whatever the input holds, each line comes out as a row, in order; see {@link Row}.
 */
import { gunzip } from './gzip.ts'
import { type RecordOptions, RecordReader } from './reader.ts'
import type { Row } from './row.ts'

export {
  ACTIVITY_FIELDS,
  type Activity,
  type ActivityField,
  type MappedEvent,
  type Unmapped,
} from './activity.ts'
export type { AccessLine, AccessRecord } from './combined.ts'
export { parseAccessLine } from './combined.ts'
export { FORMATS, type Format } from './detect.ts'
export { EVENT_FIELDS, type EventField, eventReader, type Mapping, parseMapping } from './mapping.ts'
export { DEFAULT_MAX_LINE_BYTES, type RecordOptions, RecordReader } from './reader.ts'
export { type RecordFunction, type RecordMap, type RecordMapper, type RecordPaths, recordMapper } from './record-map.ts'
export {
  type EventRow,
  formatProblem,
  type LogRecord,
  type PlainRow,
  type ProblemRow,
  RecordsError,
  type RecordsErrorCode,
  type Row,
} from './row.ts'

/** Bytes in chunks: a `ReadableStream`, a Node stream, an array of chunks. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** Rows in batches of 4,096 at most, one or more for each chunk in which a line ended. Can be read once. */
export interface RecordStream extends AsyncIterable<readonly Row[]> {
  /** The format, as soon as it is known: from the options, or from the first lines. */
  readonly format: RecordOptions['format']
}

/**
 * Reads a log, decompressed first if it begins like gzip, in memory that depends on its longest line alone.
 *
 * @throws RecordsError at once where the options are wrong. While reading: where the format cannot be told, where a CSV
 * header will not do, or where gzip data is damaged (then what the platform has decompressed but not handed over is lost
 * with the rest). Never for what a line holds. What the source throws passes through.
 */
export function readRecords(source: ByteSource, options: RecordOptions = {}): RecordStream {
  const reader = new RecordReader(options)
  return {
    get format() {
      return reader.format
    },
    [Symbol.asyncIterator]: () => batches(source, reader),
  }
}

/** Most rows of a batch: many short lines in a chunk, or a CSV record given up, make more. */
const MAX_BATCH_ROWS = 4_096

async function* batches(source: ByteSource, reader: RecordReader): AsyncGenerator<readonly Row[]> {
  for await (const bytes of gunzip(source)) {
    for (let at = 0; at < bytes.length; at += reader.sliceBytes) {
      yield* inBatches(reader.push(bytes.subarray(at, at + reader.sliceBytes)))
    }
  }
  yield* inBatches(reader.finish())
}

function* inBatches(rows: readonly Row[]): Generator<readonly Row[]> {
  if (rows.length > MAX_BATCH_ROWS) {
    for (let at = 0; at < rows.length; at += MAX_BATCH_ROWS) yield rows.slice(at, at + MAX_BATCH_ROWS)
  } else if (rows.length > 0) {
    yield rows
  }
}
