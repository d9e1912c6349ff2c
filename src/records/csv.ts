import { formatProblems, type ParsedEvent } from '../event.ts'
import { CellSplitter } from './cells.ts'
import { isBlank, type LineReader, type LogRecord, ownText, RecordsError, type Row, withoutMark } from './row.ts'

export interface CsvOptions {
  /** Called once with the names of the columns; throws where they will not do. */
  readonly onHeader: (names: readonly string[]) => void
  readonly toEvent: (record: LogRecord) => ParsedEvent
  /** The column of the user's id. */
  readonly userColumn: string
  /** UTF-16 units of a record that spans lines, beyond which its first line is given up as unterminated. */
  readonly limit: number
}

/** A line of a record whose quoted cell has not ended yet. */
interface HeldLine {
  readonly line: number
  readonly text: string
  readonly end: string
  readonly bytes: Uint8Array | undefined
}

/**
 * Reads CSV with commas and a header. A quoted cell that never ends would swallow all that follows: its first line is
 * then a problem, and reading goes on with the second.
 */
export class CsvReader implements LineReader {
  readonly #options: CsvOptions
  readonly #splitter = new CellSplitter()
  #names: readonly string[] | undefined
  #held: HeldLine[] = []
  #heldLength = 0

  constructor(options: CsvOptions) {
    this.#options = options
  }

  read(line: number, text: string, end: string, bytes: Uint8Array | undefined, rows: Row[]): void {
    const source = { line, text, end, bytes }
    if (this.#held.length > 0) this.#readQuoted(source, rows)
    else if (isBlank(text)) rows.push({ kind: 'blank', line, text, end, bytes })
    else if (text.includes('"')) this.#readQuoted(source, rows)
    else this.#take(text.split(','), source, rows)
  }

  finish(rows: Row[]): void {
    while (this.#held.length > 0) this.#giveUp(rows)
  }

  #readQuoted(source: HeldLine, rows: Row[]): void {
    const text = this.#names === undefined ? withoutMark(source.text) : source.text
    const cells = this.#splitter.add(text)
    if (this.#held.length === 0 && cells !== undefined) {
      if (typeof cells === 'string') this.#refuse(cells, source, rows)
      else this.#take(cells, source, rows)
      return
    }
    this.#held.push(source)
    this.#heldLength += source.text.length + source.end.length
    if (cells === undefined) {
      this.#splitter.addEnd(source.end)
      if (this.#heldLength > this.#options.limit) this.#giveUp(rows)
    } else if (typeof cells === 'string') {
      this.#giveUp(rows)
    } else {
      const held = this.#release()
      this.#take(cells, join(held), rows)
    }
  }

  /**
   * The first line held is a problem by itself, and the others are read anew. That happens to a line once at most: what
   * did not close the cell has its quotes in pairs, so that, but for the last line, none opens a cell without closing it.
   */
  #giveUp(rows: Row[]): void {
    const [first, ...others] = this.#release()
    if (first !== undefined) this.#refuse('quoted field is not terminated', first, rows)
    for (const { line, text, end, bytes } of others) this.read(line, text, end, bytes, rows)
  }

  #release(): HeldLine[] {
    const held = this.#held
    this.#held = []
    this.#heldLength = 0
    this.#splitter.reset()
    return held
  }

  #take(cells: readonly string[], source: HeldLine, rows: Row[]): void {
    const names = this.#names
    const { line, text, end, bytes } = source
    if (names === undefined) {
      const [name = '', ...others] = cells
      this.#names = [withoutMark(name), ...others]
      this.#options.onHeader(this.#names)
      rows.push({ kind: 'header', line, text, end, bytes })
      return
    }
    if (cells.length !== names.length) {
      const wanted = `got ${cells.length} ${cells.length === 1 ? 'field' : 'fields'}, wanted ${names.length} as in the header`
      this.#refuse(wanted, source, rows)
      return
    }
    const record: LogRecord = {}
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      record[name] = name === this.#options.userColumn ? ownText(cells[i] as string) : cells[i]
    }
    const parsed = this.#options.toEvent(record)
    if (parsed.ok) rows.push({ kind: 'event', line, text, end, bytes, record, event: parsed.event })
    else {
      const { problems } = parsed
      rows.push({ kind: 'problem', line, text, end, bytes, record, reason: formatProblems(problems), problems })
    }
  }

  #refuse(reason: string, { line, text, end, bytes }: HeldLine, rows: Row[]): void {
    if (this.#names === undefined) throw new RecordsError(`line ${line}: in the header, ${reason}`, { code: 'header' })
    rows.push({ kind: 'problem', line, text, end, bytes, record: undefined, reason, problems: [] })
  }
}

/** The lines of one record as one: the line number is where it starts. */
function join(lines: readonly HeldLine[]): HeldLine {
  const last = lines.length - 1
  const text = lines.map(({ text, end }, i) => (i === last ? text : text + end)).join('')
  const { line } = lines[0] as HeldLine
  const { end } = lines[last] as HeldLine
  if (lines.every(({ bytes }) => bytes === undefined)) return { line, text, end, bytes: undefined }
  const encoder = new TextEncoder()
  const parts = lines.flatMap(({ text, end, bytes }, i) => [
    bytes ?? encoder.encode(text),
    encoder.encode(i === last ? '' : end),
  ])
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return { line, text, end, bytes: all }
}
