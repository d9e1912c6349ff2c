import { Random } from '../random.ts'
import { Forest } from './forest.ts'
import { type FeatureChoice, Grower } from './grow.ts'
import { expectOneOf, expectWhole, MAX_COLUMNS, MAX_DEPTH, MAX_SAMPLE_SIZE, MAX_TREES } from './limits.ts'
import { Preorder, type Scoring } from './preorder.ts'

export interface FitOptions {
  /** Trees in the forest, 1 to 4096. Default 200. */
  readonly trees?: number
  /** Rows that each tree is grown from, 1 to 2^20; all of them where there are fewer. Default 256. */
  readonly sampleSize?: number
  /** Splits between root and leaf, 0 to 32. Default: ceil(log2(rows in a tree)), the depth of a balanced tree. */
  readonly maxDepth?: number
  /**
   * What a leaf says of its rows. 'depth': how soon they are isolated, the plain isolation forest. 'density': how dense
   * they lie, which finds more of what hides beside dense groups. Both cost the same to score. Default 'density', which
   * does better on general data (bench/adbench.ts); on features made to be large where something is wrong, try both.
   */
  readonly scoring?: Scoring
  /**
   * How a split chooses its feature among those that vary in its rows. 'uniform': each as likely, the plain isolation
   * forest. 'kurtosis': in proportion to the square root of its kurtosis there, so that columns with outliers are cut
   * more often (after isotree's `weigh_by_kurtosis`). Default 'kurtosis'.
   */
  readonly featureChoice?: FeatureChoice
  /**
   * How much likelier each feature is to be chosen than `featureChoice` alone would have it, one number from 0.001 to
   * 1000 a column. Default: all alike.
   */
  readonly featureWeights?: readonly number[]
  /** Any safe integer. Default 1. */
  readonly seed?: number
}

/**
 * Fits an isolation forest (Liu, Ting, Zhou 2008, "Isolation Forest") to rows without labels.
 *
 * The same rows, options and seed give the same forest, to the byte, in every runtime. Each tree is grown from a sample
 * drawn without replacement. Values whose float32 bits differ in the lowest bit alone may count as equal, and a column
 * that is constant takes no part; where all are, every row scores 0.5.
 *
 * @param rows row-major, `rows.length / columns` rows, at least one; every value finite. Not changed.
 * @param columns values in a row, 1 to 1024
 * @throws RangeError naming what it got: an option out of range, a length that is no whole number of rows, no row, a
 *   value that is not finite, with its row and column (from 0), or options that make for more than 2^21 nodes
 */
export function fitForest(rows: Float32Array, columns: number, options: FitOptions = {}): Forest {
  const {
    trees = 200,
    sampleSize = 256,
    scoring = 'density',
    featureChoice = 'kurtosis',
    featureWeights,
    seed = 1,
  } = options
  expectWhole('columns', columns, 1, MAX_COLUMNS)
  expectWhole('trees', trees, 1, MAX_TREES)
  expectWhole('sampleSize', sampleSize, 1, MAX_SAMPLE_SIZE)
  expectOneOf('scoring', scoring, ['depth', 'density'])
  expectOneOf('featureChoice', featureChoice, ['uniform', 'kurtosis'])
  if (featureWeights !== undefined) expectWeights(featureWeights, columns)
  expectFiniteRows(rows, columns)
  const rowCount = rows.length / columns
  const size = Math.min(sampleSize, rowCount)
  const { maxDepth = 32 - Math.clz32(size - 1) } = options
  expectWhole('maxDepth', maxDepth, 0, MAX_DEPTH)

  const random = new Random(seed)
  const nodes = new Preorder()
  const grower = new Grower({ columns, sampleSize: size, maxDepth, featureChoice, featureWeights }, random, nodes)
  const bounds = new Float32Array(columns * 2)
  for (let f = 0; f < columns; f++) bounds.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 2 * f)
  const order = Int32Array.from({ length: rowCount }, (_, i) => i)
  for (let tree = 0; tree < trees; tree++) {
    drawToFront(order, size, random)
    grower.grow(rows, order, bounds)
  }
  return new Forest({ columns, trees, scoring, sampleSize: size, maxDepth, bounds, nodes })
}

/** Moves a uniform sample without replacement to the front (Fisher and Yates, stopped early), whatever the order was. */
function drawToFront(order: Int32Array, size: number, random: Random): void {
  for (let i = 0; i < size; i++) {
    const pick = i + random.integer(order.length - i)
    const row = order[pick] as number
    order[pick] = order[i] as number
    order[i] = row
  }
}

function expectWeights(weights: readonly number[], columns: number): void {
  if (weights.length !== columns) throw new RangeError(`Got ${weights.length} featureWeights when expected ${columns}.`)
  const wrong = weights.find((weight) => !(weight >= 0.001 && weight <= 1000))
  if (wrong !== undefined) throw new RangeError(`Got featureWeights of ${wrong} when expected 0.001 to 1000.`)
}

function expectFiniteRows(rows: Float32Array, columns: number): void {
  if (rows.length === 0) throw new RangeError('Got no rows when expected at least one to fit a forest to.')
  if (rows.length % columns !== 0)
    throw new RangeError(`Got ${rows.length} values when expected whole rows of ${columns}.`)
  for (let i = 0; i < rows.length; i++) {
    // x - x is 0 for finite x alone.
    const value = rows[i] as number
    if (value - value !== 0)
      throw new RangeError(
        `Got ${value} in row ${Math.floor(i / columns)}, column ${i % columns} when expected a finite value.`,
      )
  }
}
