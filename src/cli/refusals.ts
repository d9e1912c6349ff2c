import { formatProblem, type ProblemRow, type Row } from '../records/index.ts'
import { CommandError, EXIT } from './exit.ts'
import type { Input } from './inputs.ts'
import { count } from './words.ts'

/** Refused lines that are shown; the rest are counted. */
const MOST_SHOWN = 5

/** The lines that do not parse: all counted, the first few kept to be shown. */
export class Refusals {
  readonly #strict: boolean
  readonly first: string[] = []
  total = 0

  /** @param strict whether the first refused line ends the command */
  constructor(strict: boolean) {
    this.#strict = strict
  }

  /** The rows up to the first refused one, where that ends the command; else all. */
  before(rows: readonly Row[]): readonly Row[] {
    const first = this.#strict ? rows.findIndex(({ kind }) => kind === 'problem') : -1
    return first < 0 ? rows : rows.slice(0, first)
  }

  /** @throws CommandError naming the line and the reason, where refused lines are fatal */
  noteAll(input: Input, rows: readonly Row[]): void {
    for (const row of rows) if (row.kind === 'problem') this.#note(input, row)
  }

  #note(input: Input, row: ProblemRow): void {
    this.total++
    if (this.first.length >= MOST_SHOWN) return
    const said = `${input.name}: ${formatProblem(row)}`
    if (this.#strict) throw new CommandError(said, { exitCode: EXIT.refused })
    this.first.push(said)
  }

  /** For the end of the command: nothing where nothing was refused. */
  summary(): string[] {
    if (this.total === 0) return []
    const more = this.total - this.first.length
    return [
      `${count(this.total, 'line')} refused:`,
      ...this.first.map((said) => `  ${said}`),
      ...(more > 0 ? [`  and ${count(more, 'more', 'more')}`] : []),
    ]
  }
}
