import { readBlueprint, writeBlueprint } from './bytes.ts'
import { Explainer } from './explain.ts'
import { KeyReader } from './key.ts'
import { type Layout, layOut, walk } from './layout.ts'
import { leafValues } from './leaf-values.ts'
import type { Blueprint, Scoring } from './preorder.ts'

/**
 * An isolation forest: `fitForest` makes one from rows, `forestFromBytes` reads one.
 *
 * A row is `columns` float32 values. Infinities lie beyond every threshold; a NaN makes the result NaN, which says that
 * the row was not scored. Scoring allocates nothing and keeps its scratch in the forest.
 */
export class Forest {
  /** Trees in the forest. */
  readonly trees: number
  /** Values in a row. */
  readonly columns: number
  /** What its leaves say, and so what `rawOutput` and `score` mean. */
  readonly scoring: Scoring
  /** Rows that each tree was grown from, psi. */
  readonly sampleSize: number

  readonly #blueprint: Blueprint
  readonly #layout: Layout
  readonly #reader: KeyReader
  #normalReader: KeyReader | undefined
  #explainer: Explainer | undefined

  /** For this folder; others call `fitForest` or `forestFromBytes`. The blueprint is trusted. */
  constructor(blueprint: Blueprint) {
    this.trees = blueprint.trees
    this.columns = blueprint.columns
    this.scoring = blueprint.scoring
    this.sampleSize = blueprint.sampleSize
    this.#blueprint = blueprint
    this.#layout = layOut(blueprint, leafValues(blueprint))
    this.#reader = new KeyReader(blueprint.columns)
  }

  /**
   * The isolation score of a row, within 0 and 1, higher is stranger, around 0.5 for a row like any other.
   *
   * By depth it is 2^-rawOutput (Liu, Ting, Zhou 2008, equation 2); by density, with d = 2^rawOutput, it is 1 / (1 + d).
   *
   * @param row one row, or many of which the one that starts at `offset` is meant
   * @throws RangeError where the row is not `columns` wide, or `offset` leaves no room for one
   */
  score(row: Float32Array, offset?: number): number {
    return this.#scoreOf(this.rawOutput(row, offset))
  }

  /**
   * The mean over the trees of what the row's leaves say; lower is stranger.
   *
   * By depth it is the path length in units of c(psi), at least 0. By density it is log2 of the density of training rows
   * around the row, relative to an even spread: from -log2(psi) to 1, beyond which denser is not more normal.
   *
   * Arguments and errors as for `score`.
   */
  rawOutput(row: Float32Array, offset?: number): number {
    this.#expectRow(row, offset)
    return this.#rawOutput(row, offset ?? 0)
  }

  /**
   * The scores of many rows.
   *
   * @param rows row-major, a whole number of rows
   * @param out as long as there are rows; a new array where it is not given
   * @returns `out`
   */
  scoreMany(rows: Float32Array, out?: Float64Array): Float64Array {
    const count = rows.length / this.columns
    if (!Number.isInteger(count))
      throw new RangeError(`Got ${rows.length} values when expected whole rows of ${this.columns}.`)
    const scores = out ?? new Float64Array(count)
    if (scores.length !== count)
      throw new RangeError(`Got room for ${scores.length} scores when expected room for ${count}.`)
    for (let i = 0; i < count; i++) scores[i] = this.#scoreOf(this.#rawOutput(rows, i * this.columns))
    return scores
  }

  /**
   * How far each feature pushes a row towards being an anomaly, in units of the raw output: the Shapley values of what
   * sets it apart from another row (Shapley 1953; for trees, see Explainer).
   *
   * They add up to `rawOutput(normal) - rawOutput(row)`, so that a positive one shortens the path, or thins the density.
   * A feature in which the two rows agree has 0. All are NaN where either row has a NaN.
   *
   * @param row `columns` long, as is `normal`: the row that stands for nothing being odd
   * @param out `columns` long; a new array where it is not given
   * @returns `out`
   * @throws RangeError where one of them has another length
   */
  explain(row: Float32Array, normal: Float32Array, out: Float64Array = new Float64Array(this.columns)): Float64Array {
    this.#expectRow(row, undefined)
    this.#expectRow(normal, undefined)
    if (out.length !== this.columns)
      throw new RangeError(`Got room for ${out.length} contributions when expected room for ${this.columns}.`)
    this.#normalReader ??= new KeyReader(this.columns)
    if (!(this.#reader.read(row, 0) && this.#normalReader.read(normal, 0))) return out.fill(Number.NaN)
    this.#explainer ??= new Explainer(this.#layout, this.columns, this.#blueprint.maxDepth)
    return this.#explainer.explain(this.#reader.keys, this.#normalReader.keys, out)
  }

  /** The forest as bytes, the same for the same forest; `forestFromBytes` gives one that scores the same to the bit. */
  toBytes(): Uint8Array {
    return writeBlueprint(this.#blueprint)
  }

  #expectRow(row: Float32Array, offset: number | undefined): void {
    if (offset === undefined) {
      if (row.length !== this.columns)
        throw new RangeError(`Got a row of ${row.length} values when expected ${this.columns}.`)
    } else if (!(Number.isInteger(offset) && offset >= 0 && offset + this.columns <= row.length))
      throw new RangeError(
        `Got offset ${offset} in ${row.length} values when expected room for a row of ${this.columns}.`,
      )
  }

  #scoreOf(raw: number): number {
    return this.scoring === 'depth' ? 2 ** -raw : 1 / (1 + 2 ** raw)
  }

  #rawOutput(rows: Float32Array, offset: number): number {
    return this.#reader.read(rows, offset) ? walk(this.#layout, this.#reader.keys) : Number.NaN
  }
}

/**
 * Reads the forest that `toBytes` wrote.
 *
 * @param bytes from anyone: they are checked, and neither hang nor crash the reader nor make it take memory out of
 *   proportion to their length. What they decode to is a forest, if not always the one that was written: bytes that
 *   may have been damaged want a checksum around them.
 * @throws RangeError naming the first thing wrong, what it got and what it expected
 */
export function forestFromBytes(bytes: Uint8Array): Forest {
  return new Forest(readBlueprint(bytes))
}
