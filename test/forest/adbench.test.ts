import { describe, expect, it } from 'vitest'
import { type FitOptions, fitForest } from '../../src/forest/index.ts'
import { rocAuc } from '../../src/metrics.ts'
import { dataSetIndex, missingData, readDataSet } from './adbench.ts'

const missing = missingData()
if (missing) console.warn(`Skipped: the forest on ADBench's data sets (${missing}).`)

const SEEDS = [0, 1, 2]
const index = missing ? [] : dataSetIndex()

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function meanAuc(name: string, options: FitOptions): number {
  const { rows, columns, labels } = readDataSet(name)
  return mean(SEEDS.map((seed) => rocAuc(labels, fitForest(rows, columns, { ...options, seed }).scoreMany(rows))))
}

describe.skipIf(missing)('the plain forest on 16 data sets of ADBench', { timeout: 60_000 }, () => {
  const aucs = new Map<string, number>()

  it.for(index)("finds the anomalies of $name as scikit-learn's forest does", ({ name, reference }) => {
    const auc = meanAuc(name, { scoring: 'depth', featureChoice: 'uniform' })
    aucs.set(name, auc)
    expect(Math.abs(auc - reference.mean)).toBeLessThan(Math.max(0.02, 3 * reference.sd))
  })

  it("has scikit-learn's mean ROC-AUC over all of them", () => {
    expect(aucs.size).toBe(index.length)
    expect(mean([...aucs.values()])).toBeGreaterThan(mean(index.map(({ reference }) => reference.mean)) - 0.005)
  })
})

describe.skipIf(missing)('the default forest on 16 data sets of ADBench', { timeout: 60_000 }, () => {
  it('has a mean ROC-AUC of 0.87, one configuration for all', () => {
    expect(mean(index.map(({ name }) => meanAuc(name, {})))).toBeGreaterThan(0.87)
  })
})
