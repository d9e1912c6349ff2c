import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { CommandError, systemReason } from './exit.ts'

/** Kinds that a file of labels may tell apart. */
const MOST_KINDS = 255

/** Rows that it may name: beyond, it is a mistake rather than a log. */
const MOST_ROWS = 2 ** 30

/**
 * What each record of a log really was, a byte each. Records are counted from 0 through all inputs, refused lines
 * included; one that the file does not name is normal.
 */
export class Labels {
  #kinds = new Uint8Array(65_536)
  readonly #names: string[] = ['']
  /** Where each row stands that the file names, as a count: the highest and one. */
  rows = 0

  /** @throws CommandError where there are more rows or kinds than any file should have */
  set(row: number, kind: string): void {
    let index = this.#names.indexOf(kind)
    if (index < 0) {
      if (this.#names.length > MOST_KINDS) throw new CommandError(`got more than ${MOST_KINDS} kinds of anomalies`)
      index = this.#names.push(kind) - 1
    }
    if (row >= this.#kinds.length) {
      const larger = new Uint8Array(Math.max(row + 1, 2 * this.#kinds.length))
      larger.set(this.#kinds)
      this.#kinds = larger
    }
    this.#kinds[row] = index
    this.rows = Math.max(this.rows, row + 1)
  }

  /** The kind of a record; empty for a normal one. */
  kindOf(row: number): string {
    return this.#names[this.#kinds[row] ?? 0] ?? ''
  }
}

/**
 * Reads `row,kind`, as `simulate` writes it: row from 0, kind empty for normal.
 *
 * @throws CommandError naming the file, the line, what it got and what it wanted
 */
export async function readLabels(path: string, signal: AbortSignal): Promise<Labels> {
  const labels = new Labels()
  const parser = createReadStream(path, { signal })
    .on('error', (error) => parser.destroy(error))
    .pipe(parse({ bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: 4096 }))
  let line = 0
  try {
    for await (const cells of parser as AsyncIterable<readonly string[]>) {
      line++
      const [row = '', kind = ''] = cells
      if (line === 1) {
        if (row !== 'row' || kind !== 'kind') throw new CommandError('got another header, wanted row,kind')
        continue
      }
      if (!/^\d{1,10}$/.test(row) || Number(row) >= MOST_ROWS || cells.length !== 2)
        throw new CommandError('wanted a row number from 0 and a kind')
      labels.set(Number(row), kind.slice(0, 80))
    }
  } catch (cause) {
    signal.throwIfAborted()
    const at = cause instanceof CommandError ? `line ${line}: ` : ''
    throw new CommandError(`labels ${path}: ${at}${systemReason(cause)}`, { cause })
  }
  if (line === 0) throw new CommandError(`labels ${path}: got an empty file, wanted row,kind`)
  return labels
}
