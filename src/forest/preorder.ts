import { MAX_NODES } from './limits.ts'

/** Marks a leaf where an inner node has its feature. */
export const LEAF = -1

/**
 * A forest as it is grown, written and read: the nodes of all trees, each tree from its root, each node before its left
 * and then its right subtree. A row goes left where its value is below the threshold. Links need no storing, since the
 * left child is the next node and the right child follows the left subtree.
 */
export class Preorder {
  length = 0
  feature: Int16Array
  threshold: Float32Array
  /** Training rows that reached the node: at least 1, and the sum over its children. */
  count: Int32Array
  /**
   * How far the splits above a leaf narrow the space: -log2 of the product, over them, of the share of the range that
   * lies on the leaf's side, in quarters, up to `mostNarrowing`. 0 where the scoring has no use for it.
   */
  narrowing: Int16Array

  /** @param room for how many nodes there is at first; more is made as needed */
  constructor(room = 1024) {
    this.feature = new Int16Array(room)
    this.threshold = new Float32Array(room)
    this.count = new Int32Array(room)
    this.narrowing = new Int16Array(room)
  }

  leaf(count: number, narrowing = 0): void {
    this.#push(LEAF, 0, count, narrowing)
  }

  split(feature: number, threshold: number, count: number): void {
    this.#push(feature, threshold, count, 0)
  }

  #push(feature: number, threshold: number, count: number, narrowing: number): void {
    const at = this.length
    if (at === this.feature.length) this.#grow()
    this.feature[at] = feature
    this.threshold[at] = threshold
    this.count[at] = count
    this.narrowing[at] = narrowing
    this.length = at + 1
  }

  #grow(): void {
    if (this.length >= MAX_NODES) throw new RangeError(`Got more nodes than the ${MAX_NODES} that a forest may have.`)
    const size = Math.min(this.length * 2, MAX_NODES)
    const feature = new Int16Array(size)
    const threshold = new Float32Array(size)
    const count = new Int32Array(size)
    const narrowing = new Int16Array(size)
    feature.set(this.feature)
    threshold.set(this.threshold)
    count.set(this.count)
    narrowing.set(this.narrowing)
    this.feature = feature
    this.threshold = threshold
    this.count = count
    this.narrowing = narrowing
  }
}

/**
 * What a leaf says of the rows in it. 'depth': how many splits it takes to isolate them. 'density': how densely the
 * training rows lie there.
 */
export type Scoring = 'depth' | 'density'

/** Everything that a forest is made of; its node layout, values and scores follow from it. */
export interface Blueprint {
  readonly columns: number
  readonly trees: number
  readonly scoring: Scoring
  /** Training rows in each tree, psi. */
  readonly sampleSize: number
  readonly maxDepth: number
  /** Smallest and largest training value of each column that the trees saw: lo, hi, lo, hi, … */
  readonly bounds: Float32Array
  readonly nodes: Preorder
}
