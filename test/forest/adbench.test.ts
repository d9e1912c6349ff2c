import { describe, expect, it } from 'vitest'
import { fitForest } from '../../src/forest/index.ts'
import { rocAuc } from '../../src/metrics.ts'
import { dataSetIndex, missingData, readDataSet } from './adbench.ts'

const missing = missingData()
if (missing) console.warn(`Skipped: the forest on ADBench's data sets (${missing}).`)

const SEEDS = [0, 1, 2, 3, 4]

describe.skipIf(missing)('on 16 data sets of ADBench, one configuration for all', { timeout: 60_000 }, () => {
  const measured = new Map<string, number>()

  it.for(missing ? [] : dataSetIndex())(
    "finds the anomalies of $name as scikit-learn's forest does",
    ({ name, reference }) => {
      const { rows, columns, labels } = readDataSet(name)
      const aucs = SEEDS.map((seed) => rocAuc(labels, fitForest(rows, columns, { seed }).scoreMany(rows)))
      const mean = aucs.reduce((sum, auc) => sum + auc) / SEEDS.length
      measured.set(name, mean)
      expect(Math.abs(mean - reference.mean)).toBeLessThan(Math.max(0.02, 3 * reference.sd))
    },
  )

  it("has scikit-learn's mean ROC-AUC over all of them", () => {
    const index = dataSetIndex()
    expect(measured.size).toBe(index.length)
    const mean = [...measured.values()].reduce((sum, auc) => sum + auc) / index.length
    const reference = index.reduce((sum, entry) => sum + entry.reference.mean, 0) / index.length
    expect(mean).toBeGreaterThan(reference - 0.005)
  })
})
