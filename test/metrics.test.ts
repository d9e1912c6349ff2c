import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { averagePrecision, precisionAtTop, rocAuc } from '../src/metrics.ts'

interface Golden {
  name: string
  labels: number[]
  scores: number[]
  rocAuc: number
  averagePrecision: number
}
const goldens: Golden[] = JSON.parse(readFileSync(new URL('golden/metrics.golden.json', import.meta.url), 'utf8'))

describe('the metrics agree with scikit-learn', () => {
  it.each(goldens)('on $name', (golden) => {
    expect(rocAuc(golden.labels, golden.scores)).toBeCloseTo(golden.rocAuc, 12)
    expect(averagePrecision(golden.labels, golden.scores)).toBeCloseTo(golden.averagePrecision, 12)
  })
})

describe('precision at the top', () => {
  const labels = [true, false, true, false, false]

  it('is the share of anomalies among the highest scores', () => {
    expect(precisionAtTop(labels, [5, 4, 3, 2, 1], 0.4)).toBe(1 / 2)
    expect(precisionAtTop(labels, [5, 4, 3, 2, 1], 0.6)).toBe(2 / 3)
  })

  it('takes at least one row', () => {
    expect(precisionAtTop(labels, [5, 4, 3, 2, 1], 0.001)).toBe(1)
  })

  it('shares the room that is left among the rows tied for it', () => {
    // One place for three tied rows, one of them an anomaly, after the row at the top.
    expect(precisionAtTop(labels, [9, 7, 7, 7, 1], 0.4)).toBeCloseTo((1 + 1 / 3) / 2, 12)
  })

  it('does not depend on the order of rows', () => {
    expect(precisionAtTop([...labels].reverse(), [1, 7, 7, 7, 9], 0.4)).toBe(
      precisionAtTop(labels, [9, 7, 7, 7, 1], 0.4),
    )
  })
})

describe('what has no answer is refused, and said', () => {
  it('ranks infinite scores at the ends, and refuses NaN', () => {
    expect(rocAuc([1, 0, 0], [Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY])).toBe(1)
    expect(() => rocAuc([1, 0], [Number.NaN, 0])).toThrow('Got score NaN in row 0 when expected a number.')
  })

  it('names both lengths where they differ', () => {
    expect(() => averagePrecision([1, 0, 0], [1, 2])).toThrow('Got 3 labels for 2 scores when expected as many.')
  })

  it('needs the labels that the metric is about', () => {
    expect(() => rocAuc([0, 0], [1, 2])).toThrow('Got no anomaly among the labels')
    expect(() => rocAuc([1, 1], [1, 2])).toThrow('Got anomalies alone')
    expect(() => averagePrecision([0, 0], [1, 2])).toThrow('Got no anomaly among the labels')
    expect(averagePrecision([1, 1], [1, 2])).toBe(1)
  })

  it('takes a share above 0, up to all rows', () => {
    expect(precisionAtTop([1, 0], [1, 2], 1)).toBe(1 / 2)
    expect(() => precisionAtTop([1, 0], [1, 2], 0)).toThrow('Got share 0 when expected one above 0 and at most 1.')
    expect(() => precisionAtTop([1, 0], [1, 2], 1.1)).toThrow('Got share 1.1')
  })
})
