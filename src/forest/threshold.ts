import { keyOf, valueOfKey } from './key.ts'
import { exponentOf, powerOfTwo } from './power.ts'

/** A threshold resolves its range in 2^this to twice as many steps: enough for the scores, few enough for the bytes. */
const RESOLUTION_BITS = 6

/** The finest grid on which a number of a given magnitude is a threshold: float32 has 24 bits, a threshold 23 of them. */
const THRESHOLD_BITS = 22
const SMALLEST_EXPONENT = -148

/**
 * A threshold that takes rows from `lo` to `hi` apart: `lo < threshold <= hi`.
 *
 * It is uniform over that range but for being rounded up to a multiple of a power of two, at most a 64th of the range.
 * Rounding up, and not to the nearest, leaves the chances exact where the values themselves lie on that grid, as
 * counts and hours do: each gap between neighbours is still hit in proportion to its width. A threshold with few
 * significant bits costs few bytes.
 *
 * @param lo smallest value, a finite float32
 * @param hi largest value, a finite float32 with a key above that of `lo`
 * @param u uniform on [0, 1)
 */
export function shortThreshold(lo: number, hi: number, u: number): number {
  const range = hi - lo
  const magnitude = Math.max(Math.abs(lo), Math.abs(hi))
  const step = powerOfTwo(
    Math.max(exponentOf(range) - RESOLUTION_BITS, exponentOf(magnitude) - THRESHOLD_BITS, SMALLEST_EXPONENT),
  )
  let threshold = Math.ceil((lo + (1 - u) * range) / step) * step
  if (threshold > hi) threshold = Math.floor(hi / step) * step
  // Between close neighbours there may be no point of the grid; the upper one, with its lowest bit cleared, is above `lo`.
  return threshold > lo ? threshold : valueOfKey(keyOf(hi))
}
