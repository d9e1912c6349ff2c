import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBlueprint } from '../../src/forest/bytes.ts'
import { type Forest, fitForest, type Scoring } from '../../src/forest/index.ts'
import { LEAF } from '../../src/forest/preorder.ts'
import { Random } from '../../src/random.ts'
import { BEHAVIOUR_COLUMNS, behaviourRows } from './data.ts'

/** Shapley values by their definition: what each feature changes, over all sets of the others. */
function bruteForce(forest: Forest, row: Float32Array, normal: Float32Array): number[] {
  const { columns } = forest
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  const values = Array.from({ length: 2 ** columns }, (_, known) =>
    forest.rawOutput(row.map((value, f) => ((known >> f) & 1 ? value : (normal[f] as number)))),
  )
  return Array.from({ length: columns }, (_, feature) => {
    let sum = 0
    for (let known = 0; known < 2 ** columns; known++) {
      if ((known >> feature) & 1) continue
      const size = [...known.toString(2)].filter((bit) => bit === '1').length
      const weight = (factorial(size) * factorial(columns - size - 1)) / factorial(columns)
      sum += weight * ((values[known] as number) - (values[known | (1 << feature)] as number))
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

const depths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 32]
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
    for (let i = 0; i < 8; i++) {
      const row = rows.slice(2 * i * columns, (2 * i + 1) * columns)
      const normal = rows.slice((2 * i + 1) * columns, (2 * i + 2) * columns)
      const expected = bruteForce(forest, row, normal)
      forest.explain(row, normal).forEach((contribution, f) => {
        expect(contribution).toBeCloseTo(expected[f] as number, 10)
      })
    }
  })

  it.each<Scoring>(['depth', 'density'])('add up to what sets any row apart from any other, by %s', (scoring) => {
    const rows = behaviourRows(2000, 4)
    const forest = fitForest(rows, BEHAVIOUR_COLUMNS, { scoring })
    const anyRow = fc
      .array(fc.float({ noNaN: true }), { minLength: BEHAVIOUR_COLUMNS, maxLength: BEHAVIOUR_COLUMNS })
      .map((values) => Float32Array.from(values))
    fc.assert(
      fc.property(anyRow, anyRow, (row, normal) => {
        const contributions = forest.explain(row, normal)
        const sum = contributions.reduce((total, contribution) => total + contribution)
        expect(Math.abs(sum - (forest.rawOutput(normal) - forest.rawOutput(row)))).toBeLessThan(1e-9)
        // Seen from the other side, they are the same, turned round.
        forest.explain(normal, row).forEach((contribution, f) => {
          expect(contribution).toBeCloseTo(-(contributions[f] as number), 10)
        })
      }),
      { seed: 23 },
    )
  })

  it.each<Scoring>(['depth', 'density'])(
    'are positive for the one feature in which a row is strange, and 0 for all others, by %s',
    (scoring) => {
      const rows = behaviourRows(2000, 4)
      const forest = fitForest(rows, BEHAVIOUR_COLUMNS, { scoring })
      const normal = new Float32Array(BEHAVIOUR_COLUMNS).fill(1)
      const contributions = forest.explain(normal.with(5, 40), normal)
      expect(contributions[5]).toBeGreaterThan(0)
      expect(contributions.with(5, 0)).toEqual(new Float64Array(BEHAVIOUR_COLUMNS))
    },
  )

  it('are 0 for a column that never splits', () => {
    const rows = Float32Array.from({ length: 400 }, (_, i) => (i % 2 ? 3 : Math.sin(i)))
    const contributions = fitForest(rows, 2).explain(Float32Array.of(0.9, 100), Float32Array.of(0, 3))
    expect(contributions[1]).toBe(0)
    expect(contributions[0]).not.toBe(0)
  })

  it('go where they are told, and say the same each time', () => {
    const rows = behaviourRows(500, 5)
    const forest = fitForest(rows, BEHAVIOUR_COLUMNS, { trees: 20 })
    const [row, normal] = [rows.slice(24, 36), rows.slice(36, 48)]
    const out = new Float64Array(BEHAVIOUR_COLUMNS).fill(9)
    expect(forest.explain(row, normal, out)).toBe(out)
    expect(forest.explain(row, normal)).toEqual(out)
  })
})
