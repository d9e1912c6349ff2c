import ora, { type Ora } from 'ora'
import type { Watcher } from './records.ts'
import { number, percent } from './words.ts'

/** Cells of the bar. */
const WIDTH = 30

/** How often the line changes, in milliseconds. */
const REFRESH_MS = 100

/**
 * A bar on stderr, on a terminal only, for work that reads: how much of the input, how many rows, how fast. Leaves the
 * standard input alone, which may be the log.
 */
export class Progress implements Watcher {
  readonly #spinner: Ora | undefined
  #label = ''
  #total: number | undefined
  #bytes = 0
  #rows = 0
  #startMs = 0
  #shownMs = 0

  /** @param wanted whether a bar may be shown: not where stdout is the terminal that it would write into */
  constructor(wanted: boolean) {
    if (wanted && process.stderr.isTTY) this.#spinner = ora({ stream: process.stderr, discardStdin: false })
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
    const full = Math.floor(share * WIDTH)
    return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent(share, 0)}  `
  }
}

/** Bytes of all inputs together; undefined where that of one is not known. */
export function totalBytes(inputs: readonly { readonly bytes: number | undefined }[]): number | undefined {
  return inputs.reduce<number | undefined>(
    (sum, { bytes }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  )
}
