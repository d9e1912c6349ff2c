import { describe, expect, it } from 'vitest'
import { readBlueprint } from '../../src/forest/bytes.ts'
import {
  averagePathLength,
  type FeatureChoice,
  type Forest,
  fitForest,
  forestFromBytes,
  type Scoring,
} from '../../src/forest/index.ts'
import { leafValues } from '../../src/forest/leaf-values.ts'
import { LEAF } from '../../src/forest/preorder.ts'
import { rocAuc } from '../../src/metrics.ts'
import { Random } from '../../src/random.ts'
import { BEHAVIOUR_COLUMNS, behaviourRows, rowsWithOutliers } from './data.ts'

describe('c(n), the mean path of an unsuccessful search', () => {
  it('has its closed form at 0, 1, 2, 5 and 999 rows', () => {
    // As in scikit-learn's own tests.
    expect(averagePathLength(0)).toBe(0)
    expect(averagePathLength(1)).toBe(0)
    expect(averagePathLength(2)).toBe(1)
    expect(averagePathLength(5)).toBeCloseTo(2 * (Math.log(4) + 0.5772156649015329) - 2 * 0.8, 12)
    expect(averagePathLength(999)).toBeCloseTo(2 * (Math.log(998) + 0.5772156649015329) - 2 * (998 / 999), 12)
  })

  it('grows with n', () => {
    for (let n = 1; n < 300; n++) expect(averagePathLength(n + 1)).toBeGreaterThan(averagePathLength(n))
  })
})

/** The mean raw output of the rows that a forest was grown from, by what each leaf says of its own. */
function meanOfLeaves(forest: Forest): number {
  const blueprint = readBlueprint(forest.toBytes())
  const { feature, count } = blueprint.nodes
  return leafValues(blueprint).reduce(
    (sum, value, node) => (feature[node] === LEAF ? sum + (value * (count[node] as number)) / forest.sampleSize : sum),
    0,
  )
}

function shareOfSplits(forest: Forest, column: number): number {
  const { feature, length } = readBlueprint(forest.toBytes()).nodes
  const splits = feature.subarray(0, length).filter((on) => on !== LEAF)
  return splits.filter((on) => on === column).length / splits.length
}

function meanRaw(forest: Forest, rows: Float32Array): number {
  let sum = 0
  for (let at = 0; at < rows.length; at += forest.columns) sum += forest.rawOutput(rows, at)
  return (sum * forest.columns) / rows.length
}

const scorings: Scoring[] = ['depth', 'density']

describe.each(scorings)('a forest by %s', (scoring) => {
  const { rows, labels } = rowsWithOutliers(1000, 5, 11)
  const forest = fitForest(rows, 5, { scoring, seed: 4 })

  it('says what it is', () => {
    expect(forest).toMatchObject({ trees: 200, columns: 5, sampleSize: 256, scoring })
  })

  it('scores outliers above the rest', () => {
    expect(rocAuc(labels, forest.scoreMany(rows))).toBeGreaterThan(0.99)
  })

  it('scores within 0 and 1, from the raw output', () => {
    for (let i = 0; i < 1000; i++) {
      const score = forest.score(rows, i * 5)
      expect(score).toBeGreaterThan(0)
      expect(score).toBeLessThan(1)
      const raw = forest.rawOutput(rows, i * 5)
      expect(score).toBe(scoring === 'depth' ? 2 ** -raw : 1 / (1 + 2 ** raw))
    }
  })

  it('scores a row the same alone, at an offset and among many', () => {
    const many = forest.scoreMany(rows)
    const out = new Float64Array(1000)
    expect(forest.scoreMany(rows, out)).toBe(out)
    expect(out).toEqual(many)
    for (const i of [0, 1, 500, 999]) {
      expect(forest.score(rows, i * 5)).toBe(many[i])
      expect(forest.score(rows.slice(i * 5, i * 5 + 5))).toBe(many[i])
    }
  })

  it('is the same to the byte from the same rows and seed, and another from another seed', () => {
    expect(fitForest(rows.slice(), 5, { scoring, seed: 4 }).toBytes()).toEqual(forest.toBytes())
    expect(fitForest(rows, 5, { scoring, seed: 5 }).toBytes()).not.toEqual(forest.toBytes())
  })

  it('leaves the rows that it is fitted to as they are', () => {
    const before = rows.slice()
    fitForest(rows, 5)
    expect(rows).toEqual(before)
  })

  it('does as well on few trees of few rows as isolation forests are known to', () => {
    const small = fitForest(rows, 5, { trees: 25, sampleSize: 32, scoring, seed: 1 })
    expect(small.sampleSize).toBe(32)
    expect(rocAuc(labels, small.scoreMany(rows))).toBeGreaterThan(0.95)
  })

  it.each([1, 2, 3, 4, 5, 6, 7])('counts each of %i trees once', (trees) => {
    // Counted at the leaves, and by walking to them: missing one tree would show.
    const all = rows.subarray(0, 500)
    const few = fitForest(all, 5, { trees, scoring, seed: 2 })
    expect(meanRaw(few, all)).toBeCloseTo(meanOfLeaves(few), 10)
  })

  it('does not mind the scale of a column', () => {
    const scaled = rows.map((value, i) => (i % 5 === 2 ? value * 1024 : value))
    expect(fitForest(scaled, 5, { scoring, seed: 4 }).scoreMany(scaled)).toEqual(forest.scoreMany(rows))
  })

  it('tells rows apart that differ by little at a great distance from 0', () => {
    const steps = Float32Array.from({ length: 300 }, (_, i) => (i < 299 ? 1e6 + (i % 4) : 1e6 + 40))
    const scores = fitForest(steps, 1, { scoring }).scoreMany(steps)
    expect(Math.max(...scores.subarray(0, 299))).toBeLessThan(scores[299] as number)
  })
})

describe('the choices', () => {
  it('says by density how densely the training rows lie, against an even spread', () => {
    const random = new Random(6)
    const density = (rows: Float32Array, at: number) => fitForest(rows, 1).rawOutput(Float32Array.of(at))
    const even = Float32Array.from({ length: 5000 }, () => random.uniform())
    expect(Math.abs(density(even, 0.3))).toBeLessThan(0.5)
    expect(Math.abs(density(even, 0.7))).toBeLessThan(0.5)
    // Nine tenths of the rows in a tenth of the range: 9 times as dense there, a ninth as dense elsewhere.
    const uneven = even.map((value, i) => (i % 10 ? value / 10 : 0.1 + 0.9 * value))
    expect(density(uneven, 0.05)).toBeCloseTo(1, 1)
    for (const at of [0.3, 0.5, 0.7]) expect(Math.abs(density(uneven, at) + Math.log2(9))).toBeLessThan(0.5)
  })

  it('splits more often on a column with outliers by kurtosis', () => {
    const random = new Random(7)
    const rows = Float32Array.from({ length: 4000 }, (_, i) => (i % 4 === 0 ? random.normal() ** 5 : random.uniform()))
    const share = (featureChoice: FeatureChoice): number => {
      const forest = fitForest(rows, 4, { featureChoice, scoring: 'depth' })
      return shareOfSplits(forest, 0)
    }
    expect(share('kurtosis')).toBeGreaterThan(share('uniform') * 1.2)
  })

  it.each(['uniform', 'kurtosis'] as const)(
    'splits more often on a column of greater weight, by %s',
    (featureChoice) => {
      const random = new Random(8)
      const rows = Float32Array.from({ length: 4000 }, () => random.normal())
      const share = (featureWeights?: readonly number[]): number => {
        const forest = fitForest(rows, 4, {
          featureChoice,
          scoring: 'depth',
          ...(featureWeights && { featureWeights }),
        })
        return shareOfSplits(forest, 0)
      }
      expect(share([4, 1, 1, 1])).toBeGreaterThan(1.5 * share())
      expect(share([1, 1, 1, 1])).toBeCloseTo(share(), 1)
    },
  )
})

describe('columns and rows that say nothing', () => {
  it('takes no account of a constant column', () => {
    const { rows } = rowsWithOutliers(500, 3, 5)
    const padded = Float32Array.from({ length: 500 * 4 }, (_, i) =>
      i % 4 < 3 ? (rows[(i >> 2) * 3 + (i % 4)] as number) : 7,
    )
    const forest = fitForest(padded, 4)
    const changed = padded.map((value, i) => (i % 4 < 3 ? value : -1e9))
    expect(forest.scoreMany(changed)).toEqual(forest.scoreMany(padded))
    expect(new Set(forest.scoreMany(padded)).size).toBeGreaterThan(100)
  })

  const nothing: [string, Float32Array, number][] = [
    ['many equal rows', new Float32Array(900).fill(3), 3],
    ['one row', Float32Array.of(1, 2, 3), 3],
    ['one value', Float32Array.of(0), 1],
  ]
  it.each(nothing.flatMap((what) => scorings.map((scoring) => [...what, scoring] as const)))(
    'scores everything 0.5 after fitting to %s, by %4$s',
    (_, rows, columns, scoring) => {
      const forest = fitForest(rows, columns, { scoring })
      for (const row of [new Float32Array(columns), new Float32Array(columns).fill(1e30), rows.subarray(0, columns)])
        expect(forest.score(row)).toBeCloseTo(0.5, 12)
      expect(forest.rawOutput(rows, 0)).toBeCloseTo(scoring === 'depth' ? 1 : 0, 12)
      expect(forestFromBytes(forest.toBytes()).score(rows, 0)).toBe(forest.score(rows, 0))
    },
  )

  it('grows each tree from all rows where there are fewer than the sample size', () => {
    const { rows, labels } = rowsWithOutliers(60, 4, 9)
    const forest = fitForest(rows, 4)
    expect(forest.sampleSize).toBe(60)
    expect(rocAuc(labels, forest.scoreMany(rows))).toBe(1)
  })

  it('takes two rows apart', () => {
    const forest = fitForest(Float32Array.of(1, 2), 1, { scoring: 'depth' })
    expect(forest.sampleSize).toBe(2)
    expect(forest.score(Float32Array.of(1))).toBeCloseTo(0.5, 12)
  })
})

describe('values at the edge of numbers', () => {
  const rows = behaviourRows(600, 3)
  const forest = fitForest(rows, BEHAVIOUR_COLUMNS)
  const row = (value: number) => rows.slice(0, BEHAVIOUR_COLUMNS).fill(value, 4, 5)

  it('scores infinities as beyond every threshold', () => {
    expect(forest.score(row(Number.POSITIVE_INFINITY))).toBe(forest.score(row(3.4e38)))
    expect(forest.score(row(Number.NEGATIVE_INFINITY))).toBe(forest.score(row(-3.4e38)))
    expect(forest.score(row(Number.POSITIVE_INFINITY))).toBeGreaterThan(forest.score(rows, 0))
  })

  it('answers NaN for a row with a NaN, and is none the worse for it', () => {
    const before = forest.score(rows, 0)
    expect(forest.score(row(Number.NaN))).toBeNaN()
    const unknown = new Float64Array(BEHAVIOUR_COLUMNS).fill(Number.NaN)
    expect(forest.explain(row(Number.NaN), row(0))).toEqual(unknown)
    expect(forest.explain(row(0), row(Number.NaN))).toEqual(unknown)
    expect(forest.score(rows, 0)).toBe(before)
  })

  it('takes -0 for 0', () => {
    expect(forest.score(row(-0))).toBe(forest.score(row(0)))
  })

  it('fits the whole range of float32', () => {
    const extremes = Float32Array.of(-3.4e38, -1, -1e-38, -1e-45, 0, 1e-45, 1e-38, 1, 3.4e38)
    const forest = fitForest(extremes, 1, { maxDepth: 32 })
    const scores = forest.scoreMany(extremes)
    for (const score of scores) expect(score).toBeGreaterThan(0)
    expect(scores[0]).toBeGreaterThan(scores[4] as number)
    expect(forestFromBytes(forest.toBytes()).scoreMany(extremes)).toEqual(scores)
  })
})

describe('what cannot be fitted or scored is refused, and said', () => {
  const rows = behaviourRows(100, 1)
  const forest = fitForest(rows, BEHAVIOUR_COLUMNS, { trees: 8 })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('names row and column of %d', (value) => {
    const bad = rows.slice().fill(value, 3 * BEHAVIOUR_COLUMNS + 7, 3 * BEHAVIOUR_COLUMNS + 8)
    expect(() => fitForest(bad, BEHAVIOUR_COLUMNS)).toThrow(
      `Got ${value} in row 3, column 7 when expected a finite value.`,
    )
  })

  it('names the width of a row, and the one expected', () => {
    expect(() => forest.score(new Float32Array(9))).toThrow('Got a row of 9 values when expected 12.')
    expect(() => forest.explain(new Float32Array(13), new Float32Array(12))).toThrow('Got a row of 13 values')
    expect(() => forest.explain(new Float32Array(12), new Float32Array(11))).toThrow('Got a row of 11 values')
    expect(() => forest.scoreMany(new Float32Array(25))).toThrow('Got 25 values when expected whole rows of 12.')
    expect(() => fitForest(new Float32Array(25), 12)).toThrow('Got 25 values when expected whole rows of 12.')
  })

  it.each([-1, 0.5, 13, Number.NaN])('refuses offset %d into 24 values', (offset) => {
    expect(() => forest.score(new Float32Array(24), offset)).toThrow(
      `Got offset ${offset} in 24 values when expected room for a row of 12.`,
    )
  })

  it('names the room there is for results, and the room expected', () => {
    expect(() => forest.scoreMany(rows, new Float64Array(99))).toThrow(
      'Got room for 99 scores when expected room for 100.',
    )
    expect(() => forest.explain(rows.slice(0, 12), rows.slice(12, 24), new Float64Array(11))).toThrow(
      'Got room for 11 contributions when expected room for 12.',
    )
  })

  it('refuses to fit to nothing, and scores nothing as nothing', () => {
    expect(() => fitForest(new Float32Array(0), 3)).toThrow('Got no rows when expected at least one')
    expect(forest.scoreMany(new Float32Array(0))).toEqual(new Float64Array(0))
  })

  it.each([
    [{ trees: 0 }, 'Got trees 0 when expected a whole number from 1 to 4096.'],
    [{ trees: 1.5 }, 'Got trees 1.5 when'],
    [{ sampleSize: 0 }, 'Got sampleSize 0 when expected a whole number from 1 to 1048576.'],
    [{ maxDepth: 33 }, 'Got maxDepth 33 when expected a whole number from 0 to 32.'],
    [{ seed: 0.5 }, 'seed: got 0.5'],
    [{ scoring: 'width' as Scoring }, 'Got scoring width when expected depth or density.'],
    [{ featureWeights: [1, 2] }, 'Got 2 featureWeights when expected 12.'],
    [
      { featureWeights: new Array<number>(12).fill(Number.NaN) },
      'Got featureWeights of NaN when expected 0.001 to 1000.',
    ],
    [{ featureChoice: 'best' as FeatureChoice }, 'Got featureChoice best when expected uniform or kurtosis.'],
  ])('refuses %o', (options, message) => {
    expect(() => fitForest(rows, BEHAVIOUR_COLUMNS, options)).toThrow(message)
  })

  it('refuses no columns, and more than 1024', () => {
    expect(() => fitForest(rows, 0)).toThrow('Got columns 0 when expected a whole number from 1 to 1024.')
    expect(() => fitForest(new Float32Array(1025), 1025)).toThrow('Got columns 1025 when')
  })
})
