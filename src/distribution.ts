/**
 * How the scores of the training events are distributed: what turns a score into a percentile, and a percentile at
 * which to flag into a threshold. Fine in the tail, where decisions are made.
 */

/** The percentiles that are kept: steps of 2%, from 0.9 of 0.5%, from 0.99 of 0.05%, from 0.999 of 0.01%. */
export const LEVELS: readonly number[] = [
  ...Array.from({ length: 45 }, (_, i) => i / 50),
  ...Array.from({ length: 18 }, (_, i) => 0.9 + i / 200),
  ...Array.from({ length: 18 }, (_, i) => 0.99 + i / 2000),
  ...Array.from({ length: 11 }, (_, i) => Math.min(1, 0.999 + i / 10_000)),
]

export class ScoreDistribution {
  /** The scores at LEVELS, never falling. */
  readonly quantiles: Float32Array

  /** @throws RangeError where the quantiles are not as many as LEVELS, not within 0..1, or fall */
  constructor(quantiles: Float32Array) {
    if (quantiles.length !== LEVELS.length) {
      throw new RangeError(`score quantiles: got ${quantiles.length} when expected ${LEVELS.length}`)
    }
    quantiles.forEach((score, i) => {
      const before = i === 0 ? 0 : (quantiles[i - 1] as number)
      if (!(score >= before && score <= 1)) {
        throw new RangeError(`score quantiles: got ${score} after ${before} when expected a rise within 0..1`)
      }
    })
    this.quantiles = quantiles
  }

  /** From the scores of training events, at least one, each within 0..1. Sorts them in place. */
  static of(scores: Float64Array): ScoreDistribution {
    scores.sort()
    const last = scores.length - 1
    return new ScoreDistribution(
      Float32Array.from(LEVELS, (level) => {
        const place = level * last
        const below = scores[Math.floor(place)] as number
        return floatNotBelow(below + (place - Math.floor(place)) * ((scores[Math.ceil(place)] as number) - below))
      }),
    )
  }

  /**
   * The share of training events that score lower, 0..1, interpolated between quantiles. Of scores that many training
   * events share, the ordinary ones, it is the share below all of them.
   *
   * @param score 0..1
   */
  percentileOf(score: number): number {
    const { quantiles } = this
    let low = 0
    let high = quantiles.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((quantiles[middle] as number) < score) low = middle + 1
      else high = middle
    }
    if (low === 0) return 0
    if (low === quantiles.length) return 1
    const below = quantiles[low - 1] as number
    const share = (score - below) / ((quantiles[low] as number) - below)
    return (LEVELS[low - 1] as number) + share * ((LEVELS[low] as number) - (LEVELS[low - 1] as number))
  }

  /** The score at a percentile. @param percentile 0..1 */
  scoreAt(percentile: number): number {
    let high = 1
    while (high < LEVELS.length - 1 && (LEVELS[high] as number) < percentile) high++
    const from = LEVELS[high - 1] as number
    const share = (percentile - from) / ((LEVELS[high] as number) - from)
    const below = this.quantiles[high - 1] as number
    return below + share * ((this.quantiles[high] as number) - below)
  }
}

/**
 * The least float32 that is not below a score. Rounded down, a quantile would lie under the very scores that it is made
 * of, and a score that many events share would count as above them all.
 */
function floatNotBelow(score: number): number {
  const rounded = new Float32Array([score])
  if ((rounded[0] as number) < score)
    new Int32Array(rounded.buffer)[0] = (new Int32Array(rounded.buffer)[0] as number) + 1
  return Math.min(1, rounded[0] as number)
}
