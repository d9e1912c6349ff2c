import { BitReader, BitWriter } from './bits.ts'
import { mostNarrowing } from './leaf-values.ts'
import { expectWhole, MAX_COLUMNS, MAX_DEPTH, MAX_NODES, MAX_SAMPLE_SIZE, MAX_TREES } from './limits.ts'
import { type Blueprint, LEAF, Preorder, type Scoring } from './preorder.ts'
import { readThreshold, writeThreshold } from './threshold-code.ts'

/**
 * The bytes of a forest, numbers little-endian:
 *
 *     0  'HgF1'                10  two zeros
 *     4  trees, uint16         12  psi, uint32
 *     6  columns, uint16       16  lo and hi of each column, float32
 *     8  greatest depth, uint8  …  the trees as bits, the last byte filled up with zeros
 *     9  scoring, uint8: 0 for depth, 1 for density
 *
 * A tree is its nodes in preorder: whether it splits (1 bit; none where one row or the greatest depth makes it a leaf),
 * its feature, its threshold within the box that the splits above leave, and how many of its rows go left; a leaf, where
 * the density scores, has its narrowing. Each takes no more bits than what is known already leaves open, so that most of
 * what would be wrong cannot be written at all.
 */
const MAGIC = 0x31466748
const HEADER_BYTES = 16
const SCORINGS: readonly Scoring[] = ['depth', 'density']

export function writeBlueprint(blueprint: Blueprint): Uint8Array {
  const { columns, trees, scoring, sampleSize, maxDepth, bounds, nodes } = blueprint
  const box = Float64Array.from(bounds)
  const out = new BitWriter()
  let next = 0

  const writeNode = (depth: number): void => {
    const node = next++
    const count = nodes.count[node] as number
    const feature = nodes.feature[node] as number
    if (count > 1 && depth < maxDepth) out.bits(feature === LEAF ? 0 : 1, 1)
    if (feature === LEAF) {
      if (scoring === 'density') out.below(nodes.narrowing[node] as number, mostNarrowing(count, sampleSize) + 1)
      return
    }
    const lo = box[2 * feature] as number
    const hi = box[2 * feature + 1] as number
    const threshold = nodes.threshold[node] as number
    out.below(feature, columns)
    writeThreshold(out, threshold, lo, hi)
    out.below((nodes.count[next] as number) - 1, count - 1)
    box[2 * feature + 1] = threshold
    writeNode(depth + 1)
    box[2 * feature + 1] = hi
    box[2 * feature] = threshold
    writeNode(depth + 1)
    box[2 * feature] = lo
  }
  for (let tree = 0; tree < trees; tree++) writeNode(0)

  const treeBytes = out.toBytes()
  const bytes = new Uint8Array(HEADER_BYTES + 8 * columns + treeBytes.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, trees, true)
  view.setUint16(6, columns, true)
  view.setUint8(8, maxDepth)
  view.setUint8(9, SCORINGS.indexOf(scoring))
  view.setUint32(12, sampleSize, true)
  bounds.forEach((bound, i) => {
    view.setFloat32(HEADER_BYTES + 4 * i, bound, true)
  })
  bytes.set(treeBytes, HEADER_BYTES + 8 * columns)
  return bytes
}

/** Reads what `writeBlueprint` wrote, or throws a RangeError that names what is wrong; never trusts a byte. */
export function readBlueprint(bytes: Uint8Array): Blueprint {
  const header = readHeader(bytes)
  const { columns, trees, scoring, sampleSize, maxDepth, bounds } = header
  const box = Float64Array.from(bounds)
  const input = new BitReader(bytes.subarray(HEADER_BYTES + 8 * columns))
  // A node takes about a byte.
  const nodes = new Preorder(Math.min(bytes.length, MAX_NODES))

  const readNode = (depth: number, count: number): void => {
    if (count === 1 || depth === maxDepth || input.bits(1) === 0) {
      nodes.leaf(count, scoring === 'density' ? input.below(mostNarrowing(count, sampleSize) + 1) : 0)
      return
    }
    const feature = input.below(columns)
    const lo = box[2 * feature] as number
    const hi = box[2 * feature + 1] as number
    const threshold = readThreshold(input, lo, hi)
    const left = input.below(count - 1) + 1
    nodes.split(feature, threshold, count)
    box[2 * feature + 1] = threshold
    readNode(depth + 1, left)
    box[2 * feature + 1] = hi
    box[2 * feature] = threshold
    readNode(depth + 1, count - left)
    box[2 * feature] = lo
  }
  for (let tree = 0; tree < trees; tree++) readNode(0, sampleSize)
  input.end()
  return { ...header, nodes }
}

function readHeader(bytes: Uint8Array): Omit<Blueprint, 'nodes'> {
  if (bytes.length < HEADER_BYTES)
    throw new RangeError(`Got ${bytes.length} forest bytes when expected at least ${HEADER_BYTES}.`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint32(0, true)
  if (magic !== MAGIC)
    throw new RangeError(`Got magic 0x${magic.toString(16)} when expected a forest's, 0x${MAGIC.toString(16)}.`)
  const trees = view.getUint16(4, true)
  const columns = view.getUint16(6, true)
  const maxDepth = view.getUint8(8)
  const scoring = SCORINGS[view.getUint8(9)]
  const reserved = view.getUint16(10, true)
  const sampleSize = view.getUint32(12, true)
  expectWhole('trees', trees, 1, MAX_TREES)
  expectWhole('columns', columns, 1, MAX_COLUMNS)
  expectWhole('maxDepth', maxDepth, 0, MAX_DEPTH)
  if (!scoring) throw new RangeError(`Got scoring ${view.getUint8(9)} when expected 0 or 1.`)
  expectWhole('reserved bytes', reserved, 0, 0)
  expectWhole('sampleSize', sampleSize, 1, MAX_SAMPLE_SIZE)
  if (bytes.length < HEADER_BYTES + 8 * columns)
    throw new RangeError(`Got ${bytes.length} forest bytes when expected at least ${HEADER_BYTES + 8 * columns}.`)
  const bounds = new Float32Array(2 * columns)
  for (let i = 0; i < bounds.length; i++) bounds[i] = view.getFloat32(HEADER_BYTES + 4 * i, true)
  for (let f = 0; f < columns; f++) {
    const lo = bounds[2 * f] as number
    const hi = bounds[2 * f + 1] as number
    if (!(Number.isFinite(lo) && Number.isFinite(hi) && lo <= hi))
      throw new RangeError(`Got bounds ${lo} to ${hi} of column ${f} when expected finite ones in order.`)
  }
  return { columns, trees, scoring, sampleSize, maxDepth, bounds }
}
