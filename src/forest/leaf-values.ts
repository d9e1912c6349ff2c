import { averagePathLength } from './path-length.ts'
import { type Blueprint, LEAF } from './preorder.ts'

/** A leaf counts as at most this much denser than the space on average, as a power of two. */
const DENSEST = 1

/**
 * The greatest narrowing that a leaf of `count` of `sampleSize` rows is recorded with: enough to be as dense as counts.
 * In whole numbers alone, since what is written depends on it.
 */
export function mostNarrowing(count: number, sampleSize: number): number {
  return 4 * (DENSEST + 32 - Math.clz32(sampleSize - 1) - (31 - Math.clz32(count)))
}

/**
 * What each leaf adds to the raw output, by preorder node; lower is stranger. The trees share it equally.
 *
 * 'depth': the path length of its rows in units of the usual one, (depth + c(rows)) / c(psi) (Liu, Ting, Zhou 2008,
 * equation 1). A forest that cannot tell rows apart has raw output 1, also where c(psi) is 0.
 *
 * 'density': log2 of how dense its rows lie, the share of the sample in the leaf by the share of the space, where each
 * split cuts the space in the proportion in which it cuts the range of its rows. It is bounded by DENSEST, since a row
 * is as normal in a dense place as in the densest; below, it is bounded by -log2(psi), a row alone in all of the space.
 * A forest that cannot tell rows apart has raw output 0. Density in place of depth is from Cortes 2021, "Isolation
 * forests: looking beyond tree depth" (isotree's `scoring_metric="density"`); the bound, which keeps a few crowded leaves
 * from hiding an anomaly, is ours. Where it lies matters little: bounds of 0, 1 and 2 came within 0.001 of each other in
 * mean ROC-AUC on the data sets of bench/adbench.ts, and none at all 0.007 below.
 */
export function leafValues(blueprint: Blueprint): Float64Array {
  const { nodes, trees, scoring } = blueprint
  const values = new Float64Array(nodes.length)
  const leafValue = scoring === 'depth' ? byDepth(blueprint) : byDensity(blueprint)
  let next = 0
  const visit = (depth: number): void => {
    const node = next++
    if (nodes.feature[node] === LEAF)
      values[node] = leafValue(nodes.count[node] as number, depth, nodes.narrowing[node] as number) / trees
    else {
      visit(depth + 1)
      visit(depth + 1)
    }
  }
  for (let tree = 0; tree < trees; tree++) visit(0)
  return values
}

type LeafValue = (count: number, depth: number, narrowing: number) => number

function byDepth({ sampleSize }: Blueprint): LeafValue {
  if (sampleSize === 1) return () => 1
  const usual = averagePathLength(sampleSize)
  const ofCount = tableUpTo(sampleSize, averagePathLength)
  return (count, depth) => (depth + ofCount(count)) / usual
}

function byDensity({ sampleSize }: Blueprint): LeafValue {
  const logShare = tableUpTo(sampleSize, (count) => Math.log2(count / sampleSize))
  return (count, _, narrowing) => Math.min(DENSEST, logShare(count) + narrowing / 4)
}

/** A function of whole numbers from 0 to `most`, from a table as far as that is worth its room: most leaves are small. */
function tableUpTo(most: number, compute: (n: number) => number): (n: number) => number {
  const table = Float64Array.from({ length: Math.min(most, 1024) + 1 }, (_, n) => compute(n))
  return (n) => table[n] ?? compute(n)
}
