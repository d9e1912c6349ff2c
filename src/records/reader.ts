import { EVENT_TYPES } from '../event.ts'
import { AccessLogReader } from './access.ts'
import { CsvReader } from './csv.ts'
import { detectFormat, FORMATS, type Format } from './detect.ts'
import { checkHeader } from './header.ts'
import { LineSplitter } from './lines.ts'
import { checkMapping, eventReader, type Mapping } from './mapping.ts'
import { NdjsonReader } from './ndjson.ts'
import { isPaths, type RecordMap, type RecordMapper, recordMapper } from './record-map.ts'
import { isBlank, type LineReader, RecordsError, type Row } from './row.ts'

export interface RecordOptions {
  /** Told by the first lines where it is not given. */
  readonly format?: Format | undefined
  /**
   * How records become events. CSV and access logs, whose columns are given, take paths only; JSON is read as
   * {@link RecordMap} says, by default whatever it is.
   */
  readonly map?: RecordMap | undefined
  /** The event types that the model knows; {@link EVENT_TYPES} if not given. */
  readonly eventTypes?: readonly string[] | undefined
  /** Bytes of a line beyond which it is a problem, and comes in parts; 1 MiB if not given. */
  readonly maxLineBytes?: number | undefined
}

export const DEFAULT_MAX_LINE_BYTES = 1_048_576

/** A line that has come before the format is known. */
type Waiting = readonly [line: number, text: string, end: string, bytes: Uint8Array | undefined]

/** Lines that may come before one that says its format, and their UTF-16 units in all. */
const MAX_WAITING_LINES = 100
const MAX_WAITING_LENGTH = 1_048_576

/** Reads a log chunk by chunk, for whoever has the chunks in hand: {@link readRecords} does it for a stream. */
export class RecordReader {
  readonly #lines: LineSplitter
  readonly #map: Mapping
  readonly #mapper: RecordMapper
  /** As it was given. */
  readonly #given: RecordMap
  readonly #eventTypes: readonly string[]
  readonly #limit: number
  #format: Format | undefined
  #reader: LineReader | undefined
  #waiting: Waiting[] = []
  #waitingLength = 0
  #rows: Row[] = []

  /** @throws RecordsError that says which option is wrong */
  constructor(options: RecordOptions = {}) {
    const { format, map = 'auto', eventTypes = EVENT_TYPES, maxLineBytes = DEFAULT_MAX_LINE_BYTES } = options
    if (format !== undefined && !FORMATS.includes(format)) {
      throw new RecordsError(`got the format ${JSON.stringify(format)}, wanted one of ${FORMATS.join(', ')}`, {
        code: 'options',
      })
    }
    if (!Number.isInteger(maxLineBytes) || maxLineBytes < 16) {
      throw new RecordsError(`got ${maxLineBytes} for maxLineBytes, wanted an integer >= 16`, { code: 'options' })
    }
    this.#eventTypes = [...eventTypes]
    this.#mapper = recordMapper(map, this.#eventTypes)
    this.#given = map
    this.#map = isPaths(map) ? (map as Mapping) : {}
    this.#limit = maxLineBytes
    this.#lines = new LineSplitter(maxLineBytes, (line, text, end, bytes, part) => {
      if (part === 0) this.#read(line, text, end, bytes)
      else this.#readPart(line, text, end, bytes, part)
    })
    if (format !== undefined) this.#start(format)
  }

  get format(): Format | undefined {
    return this.#format
  }

  /** Most bytes to {@link push} at once, so that a batch stays small. */
  get sliceBytes(): number {
    return this.#lines.sliceBytes
  }

  /** The rows of the lines that these bytes end. They are copied where they must be kept. */
  push(bytes: Uint8Array): Row[] {
    for (let at = 0; at < bytes.length; at += this.sliceBytes) {
      this.#lines.push(bytes.subarray(at, at + this.sliceBytes))
    }
    return this.#take()
  }

  /** The rows that were still open at the end of the input. */
  finish(): Row[] {
    this.#lines.finish()
    if (this.#waiting.length > 0) throw unknownFormat()
    this.#reader?.finish?.(this.#rows)
    return this.#take()
  }

  #take(): Row[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  #read(line: number, text: string, end: string, bytes: Uint8Array | undefined): void {
    const reader = this.#reader
    // Within quotes an empty line of CSV belongs to a record, so that reader tells them itself.
    if (reader === undefined) this.#detect([line, text, end, bytes])
    else if (isBlank(text) && this.#format !== 'csv') this.#rows.push({ kind: 'blank', line, text, end, bytes })
    else reader.read(line, text, end, bytes, this.#rows)
  }

  /** A line over the limit is a problem where it begins; its further parts go out as they come, and none is lost. */
  #readPart(line: number, text: string, end: string, bytes: Uint8Array | undefined, part: number): void {
    if (part > 1) {
      this.#rows.push({ kind: 'rest', line, text, end, bytes })
      return
    }
    if (this.#reader === undefined) {
      const format = detectFormat(text, this.#waiting.length === 0, this.#map)
      if (format === undefined) throw unknownFormat()
      this.#begin(format)
    }
    this.#reader?.finish?.(this.#rows)
    const reason = `longer than ${this.#limit} bytes`
    this.#rows.push({ kind: 'problem', line, text, end, bytes, record: undefined, reason, problems: [], tooLong: true })
  }

  #detect(next: Waiting): void {
    const [line, text, end, bytes] = next
    const blank = isBlank(text)
    if (blank && this.#waiting.length === 0) {
      this.#rows.push({ kind: 'blank', line, text, end, bytes })
      return
    }
    this.#waiting.push(next)
    this.#waitingLength += text.length
    const format = blank ? undefined : detectFormat(text, this.#waiting.length === 1, this.#map)
    if (format !== undefined) {
      this.#begin(format)
    } else if (this.#waiting.length >= MAX_WAITING_LINES || this.#waitingLength > MAX_WAITING_LENGTH) {
      throw unknownFormat()
    }
  }

  /** Starts to read, with the lines that waited for it. */
  #begin(format: Format): void {
    this.#start(format)
    const waiting = this.#waiting
    this.#waiting = []
    for (const [line, text, end, bytes] of waiting) this.#read(line, text, end, bytes)
  }

  #start(format: Format): void {
    const eventTypes = this.#eventTypes
    const map = this.#map
    this.#format = format
    if (format === 'ndjson') {
      this.#reader = new NdjsonReader(this.#mapper)
      return
    }
    if (!isPaths(this.#given) && this.#given !== 'auto')
      throw new RecordsError(`the format ${format} has columns, so a map must name them`, { code: 'mapping' })
    checkMapping(map)
    if (format === 'csv') {
      this.#reader = new CsvReader({
        onHeader: (names) => checkHeader(names, map),
        toEvent: eventReader(map, eventTypes, true),
        userColumn: map.user_id ?? 'user_id',
        limit: this.#limit,
      })
    } else {
      this.#reader = new AccessLogReader(map, eventTypes)
    }
  }
}

function unknownFormat(): RecordsError {
  return new RecordsError(
    `the format cannot be told from the first lines: wanted CSV with a header, a JSON object a line, or an access log in ` +
      `common or combined format; name it, or map the columns`,
    { code: 'format' },
  )
}
