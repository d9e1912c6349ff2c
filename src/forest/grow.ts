import type { Random } from '../random.ts'
import { keyOf } from './key.ts'
import { mostNarrowing } from './leaf-values.ts'
import { quarterOctaves } from './power.ts'
import type { Preorder } from './preorder.ts'
import { shortThreshold } from './threshold.ts'

export type FeatureChoice = 'uniform' | 'kurtosis'

export interface Shape {
  readonly columns: number
  /** Rows in a tree. */
  readonly sampleSize: number
  readonly maxDepth: number
  readonly featureChoice: FeatureChoice
  /** How much likelier each feature is to be chosen than it would be; undefined: all alike. */
  readonly featureWeights: readonly number[] | undefined
}

/** A share of a range below this is as good as none; it keeps products of shares far from underflow. */
const SMALLEST_SHARE = 2 ** -24

/**
 * Grows isolation trees, one sample after the other, in buffers that it keeps.
 *
 * Each node takes a feature at random among those that vary in its rows, and a threshold at random between their
 * smallest and largest value (Liu, Ting, Zhou 2008, algorithm 2). Rows that agree in every feature end in one leaf.
 */
export class Grower {
  readonly #columns: number
  readonly #sampleSize: number
  readonly #maxDepth: number
  readonly #weighs: boolean
  readonly #byKurtosis: boolean
  readonly #likelier: Float64Array
  readonly #random: Random
  readonly #nodes: Preorder
  /** The sample, column by column: a node reads one column of its rows. */
  readonly #values: Float32Array
  /** Rows of the sample; those of a node are side by side. */
  readonly #rows: Int32Array
  /** Features; those known to be constant in all rows of a node come first. */
  readonly #features: Int32Array
  /** How likely a node is to split on each feature. */
  readonly #weights: Float64Array

  constructor(
    { columns, sampleSize, maxDepth, featureChoice, featureWeights }: Shape,
    random: Random,
    nodes: Preorder,
  ) {
    this.#columns = columns
    this.#sampleSize = sampleSize
    this.#maxDepth = maxDepth
    this.#byKurtosis = featureChoice === 'kurtosis'
    this.#weighs = this.#byKurtosis || featureWeights !== undefined
    this.#likelier = Float64Array.from({ length: columns }, (_, f) => featureWeights?.[f] ?? 1)
    this.#random = random
    this.#nodes = nodes
    this.#values = new Float32Array(columns * sampleSize)
    this.#rows = Int32Array.from({ length: sampleSize }, (_, i) => i)
    this.#features = Int32Array.from({ length: columns }, (_, i) => i)
    this.#weights = Float64Array.from(this.#likelier)
  }

  /** Grows one tree from the first rows that `sample` names, of the row-major `data`, and widens `bounds` to hold them. */
  grow(data: Float32Array, sample: Int32Array, bounds: Float32Array): void {
    const size = this.#sampleSize
    for (let i = 0; i < size; i++) {
      const start = (sample[i] as number) * this.#columns
      for (let f = 0; f < this.#columns; f++) {
        const value = data[start + f] as number
        this.#values[f * size + i] = value
        if (value < (bounds[2 * f] as number)) bounds[2 * f] = value
        if (value > (bounds[2 * f + 1] as number)) bounds[2 * f + 1] = value
      }
    }
    this.#node(0, size, 0, 0, 1)
  }

  /**
   * Grows the subtree of rows `start` to `end`, whose first `constants` features are known to be constant. `space` is the
   * share of the space that the splits above leave it.
   */
  #node(start: number, end: number, depth: number, constants: number, space: number): void {
    const count = end - start
    const features = this.#features
    const splits = count > 1 && depth < this.#maxDepth
    if (splits && this.#byKurtosis) this.#weigh(start, end, constants)
    for (let known = constants; splits && known < this.#columns; known++) {
      const pick = this.#weighs ? this.#pickWeighted(known) : known + this.#random.integer(this.#columns - known)
      const feature = features[pick] as number
      features[pick] = features[known] as number
      features[known] = feature
      const { lo, hi } = this.#range(feature, start, end)
      // Values that share a key cannot be told apart. The feature now stands among the constant ones, for children too.
      if (keyOf(lo) === keyOf(hi)) continue
      const u = this.#random.uniform()
      const threshold = shortThreshold(lo, hi, u)
      const middle = this.#partition(feature, threshold, start, end)
      this.#nodes.split(feature, threshold, count)
      this.#node(start, middle, depth + 1, known, space * Math.max(1 - u, SMALLEST_SHARE))
      this.#node(middle, end, depth + 1, known, space * Math.max(u, SMALLEST_SHARE))
      return
    }
    this.#nodes.leaf(count, Math.min(quarterOctaves(1 / space), mostNarrowing(count, this.#sampleSize)))
  }

  /** Weighs the features from position `from` on by the square root of their kurtosis in the rows; constant ones by 0. */
  #weigh(start: number, end: number, from: number): void {
    const values = this.#values
    const rows = this.#rows
    const count = end - start
    for (let i = from; i < this.#columns; i++) {
      const feature = this.#features[i] as number
      const column = feature * this.#sampleSize
      let sum = 0
      for (let k = start; k < end; k++) sum += values[column + (rows[k] as number)] as number
      const mean = sum / count
      let second = 0
      let fourth = 0
      for (let k = start; k < end; k++) {
        const deviation = (values[column + (rows[k] as number)] as number) - mean
        const square = deviation * deviation
        second += square
        fourth += square * square
      }
      const kurtosis = second > 0 ? Math.sqrt(count * fourth) / second : 0
      this.#weights[feature] = kurtosis * (this.#likelier[feature] as number)
    }
  }

  /** A position from `from` on, in proportion to the weights of the features there. */
  #pickWeighted(from: number): number {
    let total = 0
    for (let i = from; i < this.#columns; i++) total += this.#weights[this.#features[i] as number] as number
    let left = this.#random.uniform() * total
    let pick = from
    for (let i = from; i < this.#columns && left >= 0; i++) {
      const weight = this.#weights[this.#features[i] as number] as number
      if (weight > 0) pick = i
      left -= weight
    }
    return pick
  }

  #range(feature: number, start: number, end: number): { lo: number; hi: number } {
    const values = this.#values
    const column = feature * this.#sampleSize
    let lo = Number.POSITIVE_INFINITY
    let hi = Number.NEGATIVE_INFINITY
    for (let i = start; i < end; i++) {
      const value = values[column + (this.#rows[i] as number)] as number
      if (value < lo) lo = value
      if (value > hi) hi = value
    }
    return { lo, hi }
  }

  /** Moves the rows below the threshold to the front, and says where the others begin. */
  #partition(feature: number, threshold: number, start: number, end: number): number {
    const values = this.#values
    const rows = this.#rows
    const column = feature * this.#sampleSize
    let middle = start
    for (let i = start; i < end; i++) {
      const row = rows[i] as number
      if ((values[column + row] as number) < threshold) {
        rows[i] = rows[middle] as number
        rows[middle++] = row
      }
    }
    return middle
  }
}
