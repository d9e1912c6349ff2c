import { Random } from '../../src/random.ts'

/** Rows of twelve features like those of behaviour: skewed sizes, deviations that are 0 for half of the rows, surprises. */
export const BEHAVIOUR_COLUMNS = 12

export function behaviourRows(count: number, seed: number): Float32Array {
  const random = new Random(seed)
  const rows = new Float32Array(count * BEHAVIOUR_COLUMNS)
  for (let i = 0; i < rows.length; i++) {
    const feature = i % BEHAVIOUR_COLUMNS
    if (feature < 3) rows[i] = Math.exp(random.normal() * (1 + feature / 2))
    else if (feature < 8) rows[i] = Math.max(0, random.normal() * (1 + feature / 5))
    else rows[i] = -Math.log((1 + random.integer(24)) / 48)
  }
  return rows
}

/** Normal rows, of which every 50th is moved away in every column. */
export function rowsWithOutliers(
  count: number,
  columns: number,
  seed: number,
): { rows: Float32Array; labels: boolean[] } {
  const random = new Random(seed)
  const labels = Array.from({ length: count }, (_, i) => i % 50 === 0)
  const rows = Float32Array.from(
    { length: count * columns },
    (_, i) => random.normal() + (labels[Math.floor(i / columns)] ? 4 : 0),
  )
  return { rows, labels }
}
