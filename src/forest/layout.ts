import { keyOf, LOWEST_KEY } from './key.ts'
import { type Blueprint, LEAF } from './preorder.ts'

/** Trees that are walked side by side, so that one's memory wait is filled by the others' work. */
const LANES = 4

/** Bits of a link that hold the feature; the rest hold the right child. */
export const FEATURE_BITS = 10
export const FEATURE_MASK = 0x3ff

/**
 * A forest laid out for walking. Nodes 0, 1, 2, … are the roots; siblings are side by side, right before left.
 * Leaves lead to themselves, so that a walk may take its tree's greatest number of steps whatever its row.
 */
export interface Layout {
  /** How many of the nodes are roots; some may be of empty trees, which add nothing. */
  readonly roots: number
  /** Key of the threshold of each node. */
  readonly thresholds: Int32Array
  /** `right child << FEATURE_BITS | feature` of each node. */
  readonly links: Int32Array
  /** What each leaf adds to the raw output. */
  readonly values: Float64Array
  /** Steps that each group of LANES trees takes. */
  readonly steps: Uint8Array
}

/** Lays a forest out; trees are padded to a multiple of LANES with empty ones, which add nothing. */
export function layOut(blueprint: Blueprint, values: Float64Array): Layout {
  const { nodes, trees } = blueprint
  const padded = Math.ceil(trees / LANES) * LANES
  const total = nodes.length + padded - trees
  const thresholds = new Int32Array(total).fill(LOWEST_KEY)
  const links = new Int32Array(total)
  for (let i = 0; i < total; i++) links[i] = i << FEATURE_BITS
  const leafValues = new Float64Array(total)
  const steps = new Uint8Array(padded / LANES)
  let free = padded
  let next = 0

  const place = (at: number): number => {
    const node = next++
    const feature = nodes.feature[node] as number
    if (feature === LEAF) {
      leafValues[at] = values[node] as number
      return 0
    }
    const right = free
    free += 2
    thresholds[at] = keyOf(nodes.threshold[node] as number)
    links[at] = (right << FEATURE_BITS) | feature
    const leftDepth = place(right + 1)
    return 1 + Math.max(leftDepth, place(right))
  }
  for (let tree = 0; tree < trees; tree++) {
    const group = Math.floor(tree / LANES)
    steps[group] = Math.max(steps[group] as number, place(tree))
  }
  return { roots: padded, thresholds, links, values: leafValues, steps }
}

/**
 * The raw output of the row with these keys: the sum of the values of the leaves that it comes to.
 *
 * This is the hot path. Its constants and all that it calls stay in this module, for engines and test runners that do
 * not see through imports.
 */
export function walk({ thresholds, links, values, steps }: Layout, keys: Int32Array): number {
  let sum = 0
  for (let group = 0; group < steps.length; group++) {
    let a = group * LANES
    let b = a + 1
    let c = a + 2
    let d = a + 3
    // Two steps a turn: one too many does not leave a leaf.
    for (let left = steps[group] as number; left > 0; left -= 2) {
      a = child(thresholds, links, keys, child(thresholds, links, keys, a))
      b = child(thresholds, links, keys, child(thresholds, links, keys, b))
      c = child(thresholds, links, keys, child(thresholds, links, keys, c))
      d = child(thresholds, links, keys, child(thresholds, links, keys, d))
    }
    sum += (values[a] as number) + (values[b] as number) + (values[c] as number) + (values[d] as number)
  }
  return sum
}

/** The sign bit of the difference is 1 where the key is below the threshold: the left child, after the right one. */
function child(thresholds: Int32Array, links: Int32Array, keys: Int32Array, node: number): number {
  const link = links[node] as number
  return (link >>> FEATURE_BITS) + (((keys[link & FEATURE_MASK] as number) - (thresholds[node] as number)) >>> 31)
}
