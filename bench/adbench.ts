/**
 * ROC-AUC of the forest on ADBench's data sets, by data set, beside scikit-learn's.
 *
 *     HEDGEROW_DATA=DIRECTORY node bench/adbench.ts [SEEDS]
 *
 * test/forest/adbench.ts says what DIRECTORY holds.
 */
import { type FitOptions, fitForest } from '../src/forest/index.ts'
import { rocAuc } from '../src/metrics.ts'
import { dataSetIndex, missingData, readDataSet } from '../test/forest/adbench.ts'

const missing = missingData()
if (missing) {
  console.error(missing)
  process.exit(1)
}
const seeds = Array.from({ length: Number(process.argv[2] ?? 5) }, (_, seed) => seed)
const configurations: [string, FitOptions][] = [
  ['plain', { scoring: 'depth', featureChoice: 'uniform' }],
  ['kurtosis', { scoring: 'depth', featureChoice: 'kurtosis' }],
  ['density', { scoring: 'density', featureChoice: 'uniform' }],
  ['default', {}],
]

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const line = (name: string, figures: number[]): void =>
  console.log(name.padEnd(18) + figures.map((figure) => figure.toFixed(4).padStart(12)).join(''))

console.log(
  `${''.padEnd(18)}${['scikit-learn', ...configurations.map(([name]) => name)].map((n) => n.padStart(12)).join('')}`,
)
const table = dataSetIndex().map(({ name, reference }) => {
  const { rows, columns, labels } = readDataSet(name)
  const figures = configurations.map(([, options]) =>
    mean(seeds.map((seed) => rocAuc(labels, fitForest(rows, columns, { ...options, seed }).scoreMany(rows)))),
  )
  line(name, [reference.mean, ...figures])
  return [reference.mean, ...figures]
})
line(
  'mean',
  (table[0] ?? []).map((_, column) => mean(table.map((figures) => figures[column] as number))),
)
