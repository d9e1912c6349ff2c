/**
 * How well scores rank what labels mark: the metrics of the evaluator and of the quality gates.
 *
 * Labels and scores run side by side; a label marks an anomaly where it is truthy, a higher score is stranger. Rows of
 * equal score are taken together, as no order among them is the scores' own.
 */
export interface Labels {
  readonly length: number
  readonly [row: number]: number | boolean
}

/**
 * Area under the ROC curve: the chance that an anomaly outscores a normal row, a tie counting half (Hanley, McNeil
 * 1982). 0.5 is chance, 1 a perfect ranking.
 *
 * @throws RangeError where lengths differ, a score is NaN, or labels do not have both kinds
 */
export function rocAuc(labels: Labels, scores: ArrayLike<number>): number {
  const { anomalies, normals, tiers } = rank(labels, scores)
  if (normals === 0) throw new RangeError('Got anomalies alone when expected normal rows too.')
  let found = 0
  let area = 0
  for (const tier of tiers) {
    area += tier.normals * (found + tier.anomalies / 2)
    found += tier.anomalies
  }
  return area / (anomalies * normals)
}

/**
 * Average precision: the mean, over the anomalies, of the precision among all rows that score at least as high, as
 * scikit-learn's `average_precision_score` (no interpolation). The share of anomalies is chance, 1 a perfect ranking.
 *
 * @throws RangeError where lengths differ, a score is NaN, or there is no anomaly
 */
export function averagePrecision(labels: Labels, scores: ArrayLike<number>): number {
  const { anomalies, tiers } = rank(labels, scores)
  let found = 0
  let rows = 0
  let sum = 0
  for (const tier of tiers) {
    found += tier.anomalies
    rows += tier.anomalies + tier.normals
    sum += (tier.anomalies * found) / rows
  }
  return sum / anomalies
}

/**
 * The share of anomalies among the highest-scoring rows. Where the last place is tied, each of the tied rows takes an
 * equal part of what room is left: the mean over all ways to break the tie.
 *
 * @param share of all rows to take, above 0 and at most 1; rounded to whole rows, at least one
 * @throws RangeError where lengths differ, a score is NaN, there is no anomaly, or `share` is out of range
 */
export function precisionAtTop(labels: Labels, scores: ArrayLike<number>, share: number): number {
  if (!(share > 0 && share <= 1)) throw new RangeError(`Got share ${share} when expected one above 0 and at most 1.`)
  const { tiers } = rank(labels, scores)
  const room = Math.max(1, Math.round(share * scores.length))
  let left = room
  let found = 0
  for (const tier of tiers) {
    const rows = tier.anomalies + tier.normals
    const taken = Math.min(rows, left)
    found += (tier.anomalies * taken) / rows
    left -= taken
    if (left === 0) break
  }
  return found / room
}

/** Rows of one score. */
interface Tier {
  readonly anomalies: number
  readonly normals: number
}

function rank(
  labels: Labels,
  scores: ArrayLike<number>,
): { anomalies: number; normals: number; tiers: Iterable<Tier> } {
  if (labels.length !== scores.length)
    throw new RangeError(`Got ${labels.length} labels for ${scores.length} scores when expected as many.`)
  const marked: number[] = []
  const others: number[] = []
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row] as number
    if (Number.isNaN(score)) throw new RangeError(`Got score NaN in row ${row} when expected a number.`)
    if (labels[row]) marked.push(score)
    else others.push(score)
  }
  if (marked.length === 0) throw new RangeError('Got no anomaly among the labels when expected at least one.')
  // Typed arrays sort as numbers, without a comparator.
  const tiers = descend(Float64Array.from(marked).sort(), Float64Array.from(others).sort())
  return { anomalies: marked.length, normals: others.length, tiers }
}

/** The tiers of two ascending lists of scores, highest first. */
function* descend(anomalies: Float64Array, normals: Float64Array): Iterable<Tier> {
  let a = anomalies.length - 1
  let n = normals.length - 1
  while (a >= 0 || n >= 0) {
    const score = Math.max(anomalies[a] ?? Number.NEGATIVE_INFINITY, normals[n] ?? Number.NEGATIVE_INFINITY)
    const [topA, topN] = [a, n]
    while (a >= 0 && anomalies[a] === score) a--
    while (n >= 0 && normals[n] === score) n--
    yield { anomalies: topA - a, normals: topN - n }
  }
}
