import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBlueprint } from '../../src/forest/bytes.ts'
import { averagePathLength, type Forest, fitForest, type Scoring } from '../../src/forest/index.ts'
import { LEAF } from '../../src/forest/preorder.ts'
import { Random } from '../../src/random.ts'
import { BEHAVIOUR_COLUMNS, behaviourRows } from './data.ts'

/**
 * The forest's expected raw output where only the features in `known` (a bit set) are known: at splits on the others,
 * the mean of both sides by their training rows.
 */
function expectation(forest: Forest, row: Float32Array, known: number): number {
  const { nodes, trees, sampleSize, scoring } = readBlueprint(forest.toBytes())
  let next = 0
  const leaf = (count: number, depth: number, narrowing: number): number =>
    scoring === 'depth'
      ? (depth + averagePathLength(count)) / averagePathLength(sampleSize)
      : Math.min(1, Math.log2(count / sampleSize) + narrowing / 4)
  const visit = (depth: number): number => {
    const node = next++
    const feature = nodes.feature[node] as number
    const count = nodes.count[node] as number
    if (feature === LEAF) return leaf(count, depth, nodes.narrowing[node] as number)
    const leftShare = (nodes.count[next] as number) / count
    const left = visit(depth + 1)
    const right = visit(depth + 1)
    if ((known >> feature) & 1) return (row[feature] as number) < (nodes.threshold[node] as number) ? left : right
    return leftShare * left + (1 - leftShare) * right
  }
  let sum = 0
  for (let tree = 0; tree < trees; tree++) sum += visit(0)
  return sum / trees
}

/** Shapley values of minus the expectation, by their definition: over all sets of the other features. */
function bruteForce(forest: Forest, row: Float32Array): number[] {
  const { columns } = forest
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  const values = Array.from({ length: 2 ** columns }, (_, known) => -expectation(forest, row, known))
  return Array.from({ length: columns }, (_, feature) => {
    let sum = 0
    for (let known = 0; known < 2 ** columns; known++) {
      if ((known >> feature) & 1) continue
      const size = [...known.toString(2)].filter((bit) => bit === '1').length
      const weight = (factorial(size) * factorial(columns - size - 1)) / factorial(columns)
      sum += weight * ((values[known | (1 << feature)] as number) - (values[known] as number))
    }
    return sum
  })
}

/** Does some path split on one feature three times? */
function repeatsFeatures(forest: Forest): boolean {
  const { nodes, trees, columns } = readBlueprint(forest.toBytes())
  const onPath = new Int32Array(columns)
  let most = 0
  let next = 0
  const visit = (): void => {
    const feature = nodes.feature[next++] as number
    if (feature === LEAF) return
    most = Math.max(most, ++(onPath[feature] as number))
    visit()
    visit()
    ;(onPath[feature] as number)--
  }
  for (let tree = 0; tree < trees; tree++) visit()
  return most >= 3
}

const depths = [0, 1, 2, 3, 4, 5, 6, 7, 8]
const cases = (['depth', 'density'] as Scoring[]).flatMap((scoring) =>
  depths.map((maxDepth) => ({ scoring, maxDepth })),
)

describe('contributions', () => {
  it.each(cases)('are the Shapley values by definition, by $scoring, at depth $maxDepth', ({ scoring, maxDepth }) => {
    const random = new Random(maxDepth)
    const columns = 5
    const rows = Float32Array.from({ length: 300 * columns }, () => random.normal() ** 3)
    const forest = fitForest(rows, columns, { trees: 4, sampleSize: 64, maxDepth, scoring, seed: 2 })
    if (maxDepth >= 5) expect(repeatsFeatures(forest)).toBe(true)
    for (let i = 0; i < 4; i++) {
      const row = rows.slice(i * columns, (i + 1) * columns)
      const expected = bruteForce(forest, row)
      forest.explain(row).forEach((contribution, f) => {
        expect(contribution).toBeCloseTo(expected[f] as number, 10)
      })
    }
  })

  it.each<Scoring>(['depth', 'density'])('add up to what sets any row apart from the expected, by %s', (scoring) => {
    const rows = behaviourRows(2000, 4)
    const forest = fitForest(rows, BEHAVIOUR_COLUMNS, { scoring })
    const value = fc.float({ noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 12, maxLength: 12 }), (values) => {
        const row = Float32Array.from(values)
        const sum = forest.explain(row).reduce((total, contribution) => total + contribution)
        expect(Math.abs(sum - (forest.expected - forest.rawOutput(row)))).toBeLessThan(1e-9)
      }),
    )
  })

  it.each<Scoring>(['depth', 'density'])(
    'are positive, and the greatest, for the feature that makes a row strange, by %s',
    (scoring) => {
      const rows = behaviourRows(2000, 4)
      const forest = fitForest(rows, BEHAVIOUR_COLUMNS, { scoring })
      const row = new Float32Array(BEHAVIOUR_COLUMNS).fill(1)
      row[5] = 40
      const contributions = forest.explain(row)
      expect(contributions.indexOf(Math.max(...contributions))).toBe(5)
      expect(contributions[5]).toBeGreaterThan(0)
    },
  )

  it('are 0 for a column that never splits', () => {
    const rows = Float32Array.from({ length: 400 }, (_, i) => (i % 2 ? 3 : Math.sin(i)))
    const contributions = fitForest(rows, 2).explain(Float32Array.of(0.9, 100))
    expect(contributions[1]).toBe(0)
    expect(contributions[0]).not.toBe(0)
  })

  it('go where they are told, and say the same each time', () => {
    const rows = behaviourRows(500, 5)
    const forest = fitForest(rows, BEHAVIOUR_COLUMNS, { trees: 20 })
    const out = new Float64Array(BEHAVIOUR_COLUMNS).fill(9)
    expect(forest.explain(rows, 24, out)).toBe(out)
    expect(forest.explain(rows.slice(24, 36))).toEqual(out)
  })
})
