import { averagePathLength } from './path-length.ts'
import { type Blueprint, LEAF } from './preorder.ts'

/** Most leaves hold few rows. */
const LONGEST_TABLE = 1024

/**
 * What each leaf adds to the raw output, by preorder node: the path length of its rows, (depth + c(rows)) / c(psi),
 * shared among the trees. A forest that cannot tell its rows apart has raw output 1, also where c(psi) is 0.
 */
export function leafValues({ nodes, trees, sampleSize }: Blueprint): Float64Array {
  const values = new Float64Array(nodes.length)
  const scale = 1 / (trees * averagePathLength(Math.max(sampleSize, 2)))
  const table = pathLengths(sampleSize)
  const pathLength = (count: number): number => table[count] ?? averagePathLength(count)
  let next = 0
  const visit = (depth: number): void => {
    const node = next++
    if (nodes.feature[node] === LEAF)
      values[node] = sampleSize === 1 ? scale : (depth + pathLength(nodes.count[node] as number)) * scale
    else {
      visit(depth + 1)
      visit(depth + 1)
    }
  }
  for (let tree = 0; tree < trees; tree++) visit(0)
  return values
}

/** c(n) for each n up to `most`, as far as a table of them is worth its room. */
function pathLengths(most: number): Float64Array {
  const lengths = new Float64Array(Math.min(most, LONGEST_TABLE) + 1)
  for (let n = 0; n < lengths.length; n++) lengths[n] = averagePathLength(n)
  return lengths
}
