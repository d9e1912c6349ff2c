import type { Random } from '../src/random.ts'

/** A uniform sample of the rows of a stream of unknown length (Vitter 1985, algorithm R). */
export class Reservoir {
  readonly #rows: Float32Array
  readonly #columns: number
  readonly #capacity: number
  readonly #random: Random
  /** Rows offered so far. */
  seen = 0

  constructor(capacity: number, columns: number, random: Random) {
    this.#rows = new Float32Array(capacity * columns)
    this.#columns = columns
    this.#capacity = capacity
    this.#random = random
  }

  offer(row: Float32Array): void {
    const place = this.seen < this.#capacity ? this.seen : this.#random.integer(this.seen + 1)
    if (place < this.#capacity) this.#rows.set(row, place * this.#columns)
    this.seen++
  }

  /** The sample, row-major; fewer rows than the capacity where fewer were offered. */
  rows(): Float32Array {
    return this.#rows.subarray(0, Math.min(this.seen, this.#capacity) * this.#columns)
  }
}
