import { FEATURE_BITS, FEATURE_MASK, type Layout } from './layout.ts'

/** Whose value of a feature the path has followed, since it was the feature on which the two rows parted. */
const NEITHER = 0
const ROW = 1
const REFERENCE = 2

/**
 * Exact Shapley values of what sets a row apart from a reference row.
 *
 * The game: the raw output of a row that has the features in a set from the row, and the others from the reference
 * ("interventional" with one background row, or baseline Shapley; Lundberg et al. 2020, "From local explanations to
 * global understanding with explainable AI for trees", algorithm 2). Where both rows go the same way at a split, so does
 * every mixture of them; where they part, the feature's owner decides. A leaf is then reached by the mixtures that have
 * some m features from the row and some n from the reference, and adds to each of the m its value times
 * (m - 1)! n! / (m + n)!, and takes from each of the n its value times m! (n - 1)! / (m + n)!. Since these do not say
 * which features they are, they are summed on the way up, and a split on which the rows part accounts for all leaves
 * below it at once. Only nodes that some mixture reaches are visited: few, where the rows are alike.
 */
export class Explainer {
  readonly #layout: Layout
  /** By feature: NEITHER, ROW or REFERENCE, for the path walked so far. */
  readonly #owner: Uint8Array
  /** (m - 1)! n! / (m + n)! at m * #width + n; 0 for m = 0. */
  readonly #weights: Float64Array
  readonly #width: number
  #row: Int32Array = new Int32Array(0)
  #reference: Int32Array = new Int32Array(0)
  #out: Float64Array = new Float64Array(0)
  /** What the leaves visited last add to each feature from the row, and take from each from the reference. */
  #added = 0
  #taken = 0

  constructor(layout: Layout, columns: number, maxDepth: number) {
    this.#layout = layout
    this.#owner = new Uint8Array(columns)
    this.#width = Math.min(columns, maxDepth) + 1
    this.#weights = weights(this.#width)
  }

  /**
   * Fills `out` with the Shapley values of minus the raw output.
   *
   * @param row its keys, as is `reference`
   */
  explain(row: Int32Array, reference: Int32Array, out: Float64Array): Float64Array {
    this.#row = row
    this.#reference = reference
    this.#out = out.fill(0)
    for (let root = 0; root < this.#layout.roots; root++) this.#visit(root, 0, 0)
    return out
  }

  /** @param m features that the path has from the row, @param n from the reference */
  #visit(from: number, m: number, n: number): void {
    const { thresholds, links, values } = this.#layout
    let node = from
    for (;;) {
      const link = links[node] as number
      const right = link >>> FEATURE_BITS
      if (right === node) {
        const value = values[node] as number
        this.#added = value * (this.#weights[m * this.#width + n] as number)
        this.#taken = value * (this.#weights[n * this.#width + m] as number)
        return
      }
      const feature = link & FEATURE_MASK
      const threshold = thresholds[node] as number
      const ofRow = right + (((this.#row[feature] as number) - threshold) >>> 31)
      const ofReference = right + (((this.#reference[feature] as number) - threshold) >>> 31)
      const owner = this.#owner[feature]
      if (ofRow === ofReference || owner === ROW) node = ofRow
      else if (owner === REFERENCE) node = ofReference
      else {
        this.#part(feature, ofRow, ofReference, m, n)
        return
      }
    }
  }

  /** Goes both ways from a split on a feature on which the rows part for the first time. */
  #part(feature: number, ofRow: number, ofReference: number, m: number, n: number): void {
    this.#owner[feature] = ROW
    this.#visit(ofRow, m + 1, n)
    const added = this.#added
    const taken = this.#taken
    this.#owner[feature] = REFERENCE
    this.#visit(ofReference, m, n + 1)
    this.#owner[feature] = NEITHER
    this.#out[feature] = (this.#out[feature] as number) - added + this.#taken
    this.#added += added
    this.#taken += taken
  }
}

/** (m - 1)! n! / (m + n)! at m * width + n. */
function weights(width: number): Float64Array {
  const table = new Float64Array(width * width)
  for (let m = 1; m < width; m++) {
    // From n = 0, where it is 1 / m, each is n / (m + n) times the one before.
    let weight = 1 / m
    for (let n = 0; n < width; n++) {
      if (n > 0) weight *= n / (m + n)
      table[m * width + n] = weight
    }
  }
  return table
}
