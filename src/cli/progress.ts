import ora, { type Ora } from 'ora'
import type { Watcher } from './records.ts'
import { number, percent } from './words.ts'

/** Cells of the bar where there is room, and columns that the words beside it take. */
const WIDEST = 30
const FEWEST_COLUMNS = 64

/** How often the line changes, in milliseconds. */
const REFRESH_MS = 100

/**
 * A bar on stderr, on a terminal only, for work that reads: how much of the input, how many rows, how fast. Leaves the
 * standard input alone, which may be the log.
 */
export class Progress implements Watcher {
  readonly #spinner: Ora | undefined
  #width = 0
  #label = ''
  #total: number | undefined
  #bytes = 0
  #rows = 0
  #startMs = 0
  #shownMs = 0

  /** @param wanted whether a bar may be shown: not where stdout is the terminal that it would write into */
  constructor(wanted: boolean) {
    const { isTTY, columns } = process.stderr
    // A terminal that says it has no columns, as one without a window does, would have its lines cleared for ever.
    if (wanted && isTTY && columns >= FEWEST_COLUMNS) {
      this.#spinner = ora({ stream: process.stderr, discardStdin: false })
      this.#width = Math.min(WIDEST, columns - FEWEST_COLUMNS)
    }
  }

  /**
   * Begins the next piece of work.
   *
   * @param total bytes that it will read; undefined where nobody knows
   */
  begin(label: string, total: number | undefined): void {
    this.#label = label
    this.#total = total
    this.#bytes = 0
    this.#rows = 0
    this.#startMs = performance.now()
    this.#show()
    this.#spinner?.start()
  }

  bytes(count: number): void {
    this.#bytes += count
  }

  rows(count: number): void {
    this.#rows += count
    if (this.#spinner !== undefined && performance.now() - this.#shownMs >= REFRESH_MS) this.#show()
  }

  /** Takes the bar away: before anything else is said. */
  stop(): void {
    this.#spinner?.stop()
  }

  #show(): void {
    if (this.#spinner === undefined) return
    this.#shownMs = performance.now()
    const seconds = (this.#shownMs - this.#startMs) / 1000
    const rate = seconds > 0.5 ? `, ${number(this.#rows / seconds)} rows/s` : ''
    this.#spinner.text = `${this.#label} ${this.#bar()}${number(this.#rows)} rows${rate}`
  }

  #bar(): string {
    if (this.#total === undefined || this.#total === 0) return ''
    const share = Math.min(1, this.#bytes / this.#total)
    const full = Math.floor(share * this.#width)
    return `${'█'.repeat(full)}${'░'.repeat(this.#width - full)} ${percent(share, 0)}  `
  }
}

/** Bytes of all inputs together; undefined where that of one is not known. */
export function totalBytes(inputs: readonly { readonly bytes: number | undefined }[]): number | undefined {
  return inputs.reduce<number | undefined>(
    (sum, { bytes }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  )
}
