/** How each feature was distributed in training: equal bins from its least to its greatest value. */
export interface FeatureHistograms {
  /** Least and greatest value of each feature, feature by feature. */
  readonly edges: Float32Array
  /** BINS shares of each feature, which sum to 1, feature by feature. */
  readonly shares: Float32Array
}

export const BINS = 20

/** The bin of a value; what lies beyond the edges falls into the outermost bins. */
export function binOf(value: number, least: number, greatest: number): number {
  if (!(greatest > least)) return 0
  return Math.min(BINS - 1, Math.max(0, Math.floor(((value - least) / (greatest - least)) * BINS)))
}

/** @param rows row-major, at least one row */
export function histogramsOf(rows: Float32Array, columns: number): FeatureHistograms {
  const count = rows.length / columns
  const edges = new Float32Array(2 * columns)
  const shares = new Float32Array(BINS * columns)
  for (let f = 0; f < columns; f++) {
    let least = rows[f] as number
    let greatest = least
    for (let at = f; at < rows.length; at += columns) {
      least = Math.min(least, rows[at] as number)
      greatest = Math.max(greatest, rows[at] as number)
    }
    edges.set([least, greatest], 2 * f)
    const counts = new Uint32Array(BINS)
    for (let at = f; at < rows.length; at += columns) {
      const bin = binOf(rows[at] as number, least, greatest)
      counts[bin] = (counts[bin] as number) + 1
    }
    for (let bin = 0; bin < BINS; bin++) shares[f * BINS + bin] = (counts[bin] as number) / count
  }
  return { edges, shares }
}
