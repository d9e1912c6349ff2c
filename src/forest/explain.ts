import { keyOf } from './key.ts'
import { type Blueprint, LEAF } from './preorder.ts'
import { gaussLegendre } from './quadrature.ts'

/** Stands for a z whose o is 0. */
const OFF = -1

/**
 * Exact Shapley values of a forest's raw output, in one walk over its nodes.
 *
 * What a tree says when only some features of a row are known is the mean over its leaves, weighted at each split on an
 * unknown feature by the training rows that went each way. For one leaf of value v, let z_j be the share of rows that
 * its splits on feature j let through, and o_j be 1 if the row itself passes them all, else 0. The game is then a
 * product, and since 1 / (d C(d - 1, s)) = Integral_0^1 y^s (1 - y)^(d - 1 - s) dy, the Shapley value of feature i is
 *
 *     v (o_i - z_i) Integral_0^1 Product_{j != i} f_j dy, with f_j = y o_j + (1 - y) z_j.
 *
 * The integrand is a polynomial of a degree below the depth, so that Gauss-Legendre quadrature with depth / 2 points is
 * exact. At each point, the product of all f is carried down the path, and the leaves' products are summed on the way
 * up, so that an edge accounts for all leaves below it at once, by (o_i - z_i) / f_i = (o_i / f_i - 1) / (1 - y).
 * Where a feature returns on a path, the lower edge replaces its factor and takes back what the upper edge added for
 * the leaves below both: what remains is the difference of the two edges' o_i / f_i.
 */
export class Explainer {
  readonly #feature: Int16Array
  readonly #threshold: Int32Array
  readonly #value: Float64Array
  /** Share of the parent's rows that reach each node. */
  readonly #share: Float64Array
  readonly #trees: number
  readonly #points: number
  readonly #y: Float64Array
  /** 1 / (1 - y). */
  readonly #scale: Float64Array
  /** At each depth and point: weight times the factors on the path. */
  readonly #product: Float64Array
  /** At each depth and point: the sum of value times product over the leaves below. */
  readonly #sum: Float64Array
  /** At each depth and point: o / f of the feature split on there, for the child that the row takes. */
  readonly #inverse: Float64Array
  /** z of each feature for the path walked so far, or OFF once the row is off it there. */
  readonly #z: Float64Array
  /** Where in `#inverse` each feature's o / f is. */
  readonly #inverseAt: Int32Array
  #keys: Int32Array = new Int32Array(0)
  #out: Float64Array = new Float64Array(0)
  #next = 0

  /** @param values of the leaves, by preorder node */
  constructor(blueprint: Blueprint, values: Float64Array) {
    const { nodes, trees, columns, maxDepth } = blueprint
    const points = Math.max(1, Math.ceil(maxDepth / 2))
    const { nodes: y, weights } = gaussLegendre(points)
    this.#feature = nodes.feature
    this.#threshold = Int32Array.from(nodes.threshold.subarray(0, nodes.length), keyOf)
    this.#value = values
    this.#share = sharesOf(blueprint)
    this.#trees = trees
    this.#points = points
    this.#y = y
    this.#scale = y.map((at) => 1 / (1 - at))
    this.#product = new Float64Array((maxDepth + 1) * points)
    this.#product.set(weights)
    this.#sum = new Float64Array((maxDepth + 1) * points)
    // Row 0 is for features that the path has not met: o = f = 1.
    this.#inverse = new Float64Array((maxDepth + 1) * points).fill(1)
    this.#z = new Float64Array(columns).fill(1)
    this.#inverseAt = new Int32Array(columns)
  }

  /** Fills `out` with the Shapley values of -rawOutput for the row with these keys. */
  explain(keys: Int32Array, out: Float64Array): Float64Array {
    this.#keys = keys
    this.#out = out.fill(0)
    this.#next = 0
    for (let tree = 0; tree < this.#trees; tree++) this.#node(0)
    return out
  }

  /** Leaves in row `depth` of `#sum` the sums over the next preorder node's leaves. */
  #node(depth: number): void {
    const node = this.#next++
    const points = this.#points
    const at = depth * points
    const sum = this.#sum
    const feature = this.#feature[node] as number
    if (feature === LEAF) {
      const value = this.#value[node] as number
      for (let q = at; q < at + points; q++) sum[q] = value * (this.#product[q] as number)
      return
    }
    const left = (this.#keys[feature] as number) < (this.#threshold[node] as number)
    if (this.#feature[node + 1] === LEAF && this.#feature[node + 2] === LEAF) {
      this.#next = node + 3
      this.#lastSplit(feature, left ? node + 1 : node + 2, left ? node + 2 : node + 1, at)
      return
    }
    this.#edge(feature, left, depth)
    for (let q = at; q < at + points; q++) sum[q] = sum[q + points] as number
    this.#edge(feature, !left, depth)
    for (let q = at; q < at + points; q++) (sum[q] as number) += sum[q + points] as number
    if (this.#z[feature] !== OFF) (this.#out[feature] as number) += this.#push(at, this.#inverseAt[feature] as number)
  }

  /** What `#node` does for a split into two leaves, of which the row comes to one: then no factor need be kept. */
  #lastSplit(feature: number, taken: number, other: number, at: number): void {
    const points = this.#points
    const sum = this.#sum
    const product = this.#product
    const value = this.#value[taken] as number
    const z = this.#z[feature] as number
    const mean =
      (this.#share[taken] as number) * value + (this.#share[other] as number) * (this.#value[other] as number)
    if (z === OFF) {
      for (let q = at; q < at + points; q++) sum[q] = mean * (product[q] as number)
      return
    }
    const inverse = this.#inverse
    const inverseAt = this.#inverseAt[feature] as number
    let push = 0
    for (let q = 0; q < points; q++) {
      const y = this.#y[q] as number
      const factorInverse = inverse[inverseAt + q] as number
      const others = (product[at + q] as number) * factorInverse
      const total = others * (y * value + (1 - y) * z * mean)
      sum[at + q] = total
      push += (total * factorInverse - others * value) * (this.#scale[q] as number)
    }
    this.#out[feature] = (this.#out[feature] as number) + push
  }

  /** Walks the subtree of the next preorder node, child of a split on `feature` that the row `takes` or not. */
  #edge(feature: number, takes: boolean, depth: number): void {
    const points = this.#points
    const at = depth * points
    const below = at + points
    const product = this.#product
    const share = this.#share[this.#next] as number
    const z = this.#z[feature] as number
    if (z === OFF) {
      // Off the path on this feature already: its factor is only scaled.
      for (let q = 0; q < points; q++) product[below + q] = (product[at + q] as number) * share
      this.#node(depth + 1)
      return
    }
    const inverse = this.#inverse
    const inverseAt = this.#inverseAt[feature] as number
    const newZ = z * share
    if (takes) {
      for (let q = 0; q < points; q++) {
        const y = this.#y[q] as number
        const factor = y + (1 - y) * newZ
        product[below + q] = (product[at + q] as number) * (inverse[inverseAt + q] as number) * factor
        inverse[below + q] = 1 / factor
      }
      this.#z[feature] = newZ
      this.#inverseAt[feature] = below
      this.#node(depth + 1)
      this.#inverseAt[feature] = inverseAt
      ;(this.#out[feature] as number) -= this.#push(below, below)
    } else {
      for (let q = 0; q < points; q++) {
        const factor = (1 - (this.#y[q] as number)) * newZ
        product[below + q] = (product[at + q] as number) * (inverse[inverseAt + q] as number) * factor
      }
      this.#z[feature] = OFF
      this.#node(depth + 1)
    }
    this.#z[feature] = z
  }

  /** The integral of the leaves' products in a row of `#sum`, without the factor whose o / f a row of `#inverse` has. */
  #push(sumAt: number, inverseAt: number): number {
    let push = 0
    for (let q = 0; q < this.#points; q++)
      push += (this.#sum[sumAt + q] as number) * (this.#inverse[inverseAt + q] as number) * (this.#scale[q] as number)
    return push
  }
}

function sharesOf({ nodes, trees }: Blueprint): Float64Array {
  const shares = new Float64Array(nodes.length)
  let next = 0
  const visit = (parentCount: number): void => {
    const node = next++
    const count = nodes.count[node] as number
    shares[node] = count / parentCount
    if (nodes.feature[node] === LEAF) return
    visit(count)
    visit(count)
  }
  for (let tree = 0; tree < trees; tree++) visit(nodes.count[next] as number)
  return shares
}
