import type { BehaviorEvent, EventProblem } from '../event.ts'

/**
 * A row: what reading made of one line of a log, or of one CSV record that spans several. No line is dropped, joined to
 * another or moved: the `text` and `end` of all rows, one after the other, are the input again.
 */
export type Row = EventRow | ProblemRow | PlainRow

interface Source {
  /** Physical line on which it starts, from 1. */
  readonly line: number
  /** As it was read, without its line end. Where the input was no valid UTF-8 the replacement character stands. */
  readonly text: string
  /** The line end: `\n`, `\r\n`, or nothing (or `\r`) where the input ends without. */
  readonly end: string
  /** What `text` stands for, byte by byte, only where it was no valid UTF-8. */
  readonly bytes: Uint8Array | undefined
}

export interface EventRow extends Source {
  readonly kind: 'event'
  readonly record: LogRecord
  readonly event: BehaviorEvent
}

/** A line that is no event: say so, count it, and pass it on. */
export interface ProblemRow extends Source {
  readonly kind: 'problem'
  /** The record, where the line is one, but its fields make no event. */
  readonly record: LogRecord | undefined
  /** In words, without the line number: `user agent is not terminated`. */
  readonly reason: string
  /** What is wrong field by field, where `record` is there. */
  readonly problems: readonly EventProblem[]
  /** The line is longer than the limit. */
  readonly tooLong?: true
}

/**
 * `blank`: an empty line. `header`: the names of a CSV file's columns. `rest`: a further part of a line that is longer
 * than the limit; its beginning was a problem row with the same line number, so it counts as no line of its own.
 */
export interface PlainRow extends Source {
  readonly kind: 'blank' | 'header' | 'rest'
}

/** A record as the log has it, by the log's own names. */
export type LogRecord = Record<string, unknown>

export function isRecord(value: unknown): value is LogRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a format makes of lines: `read` is called for each whole line in turn, `finish` once, after the last, by formats whose records span lines. */
export interface LineReader {
  read(line: number, text: string, end: string, bytes: Uint8Array | undefined, rows: Row[]): void
  finish?(rows: Row[]): void
}

/** The input as a whole cannot be read, as opposed to a line of it: it is in no known format, or damaged. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError'
  readonly code: RecordsErrorCode

  constructor(message: string, options: { readonly code: RecordsErrorCode; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
  }
}

/** `mapping`: the mapping given is wrong. The others are said of the input: its format, its CSV header, its compression. */
export type RecordsErrorCode = 'options' | 'mapping' | 'format' | 'header' | 'gzip'

/** `line 8899: user agent is not terminated`. */
export function formatProblem(row: ProblemRow): string {
  return `line ${row.line}: ${row.reason}`
}

/** Whether a line has nothing on it, or only white space. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0)
  return text === '' || ((first <= 32 || first >= 128) && text.trim() === '')
}

/** The text without the mark that some programs write at the beginning of a file. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/**
 * The same text in memory of its own. A piece cut from a larger text keeps all of that alive: a user's id, which is kept
 * for as long as the user's baseline, would keep the log that it came from. (V8 copies pieces under 13 characters.)
 */
export function ownText(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1)
}
