import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/**
 * 16 classical outlier data sets of ADBench (Han et al. 2022, "ADBench: Anomaly Detection Benchmark"), which are not in
 * this repository. The environment variable HEDGEROW_DATA names the directory that has them, in `adbench/`:
 * `index.json`; NAME.f32.gz, rows x columns of little-endian float32; NAME.y.gz, one byte a row, 1 for an anomaly.
 */
const { HEDGEROW_DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url)) } = process.env
const directory = `${HEDGEROW_DATA}/adbench`

export interface DataSet {
  readonly name: string
  readonly columns: number
  readonly rows: Float32Array
  readonly labels: Uint8Array
  /** ROC-AUC of scikit-learn's isolation forest of 200 trees over five seeds. */
  readonly reference: { readonly mean: number; readonly sd: number }
}

interface IndexEntry {
  name: string
  columns: number
  sklearn_auc_mean: number
  sklearn_auc_sd: number
}

/** Why the data sets cannot be read, or undefined where they can. */
export function missingData(): string | undefined {
  if (existsSync(`${directory}/index.json`)) return undefined
  return `no ${directory}/index.json: set HEDGEROW_DATA to the directory that has adbench/`
}

/** Their names with what is known of them. */
export function dataSetIndex(): { name: string; reference: DataSet['reference'] }[] {
  return readIndex().map((entry) => ({ name: entry.name, reference: referenceOf(entry) }))
}

export function readDataSet(name: string): DataSet {
  const entry = readIndex().find((candidate) => candidate.name === name)
  if (!entry) throw new Error(`Got data set ${name} when expected one of the index.`)
  const packed = gunzipSync(readFileSync(`${directory}/${name}.f32.gz`))
  return {
    name,
    columns: entry.columns,
    rows: new Float32Array(Uint8Array.from(packed).buffer),
    labels: gunzipSync(readFileSync(`${directory}/${name}.y.gz`)),
    reference: referenceOf(entry),
  }
}

function readIndex(): IndexEntry[] {
  return JSON.parse(readFileSync(`${directory}/index.json`, 'utf8')) as IndexEntry[]
}

function referenceOf(entry: IndexEntry): DataSet['reference'] {
  return { mean: entry.sklearn_auc_mean, sd: entry.sklearn_auc_sd }
}
