import type { BitReader, BitWriter } from './bits.ts'
import { isThreshold, keyOf, LOWEST_KEY, valueOfKey } from './key.ts'
import { exponentOf, lowestBitOf, powerOfTwo } from './power.ts'

/**
 * Thresholds as bits: as the few significant bits that they have, within the box that the splits above leave.
 *
 * With 2^E the size of the box, a threshold is a multiple of 2^(E - d), an odd one where d > 0. d is written first, and
 * then which of the box's such multiples it is. A threshold too fine for that is written as its key.
 */
const FINEST = 22
const AS_KEY = FINEST + 1
/** d is written in groups of 2^RICE_BITS: the group in unary, then the place within it. */
const RICE_BITS = 2

/** Writes a threshold in the box (lo, hi]. */
export function writeThreshold(out: BitWriter, threshold: number, lo: number, hi: number): void {
  const size = exponentOf(hi - lo)
  const d = threshold === 0 ? 0 : Math.max(0, size - lowestBitOf(threshold))
  if (d > FINEST) {
    writeDistance(out, AS_KEY)
    out.bits(keyOf(threshold) - LOWEST_KEY, 31)
    return
  }
  const { unit, first, step, count } = multiples(lo, hi, size, d)
  writeDistance(out, d)
  out.below((threshold / unit - first) / step, count)
}

/** Reads a threshold in the box (lo, hi], or throws. */
export function readThreshold(input: BitReader, lo: number, hi: number): number {
  if (!(lo < hi)) throw new RangeError(`Got a split of a column that can only be ${lo} there, when expected a leaf.`)
  const d = readDistance(input)
  if (d > AS_KEY) throw new RangeError(`Got threshold precision ${d} when expected at most ${AS_KEY}.`)
  const threshold =
    d === AS_KEY ? valueOfKey(((input.bits(15) << 16) | input.bits(16)) + LOWEST_KEY) : readMultiple(input, lo, hi, d)
  if (!isThreshold(threshold))
    throw new RangeError(`Got threshold ${threshold} when expected a float32 whose lowest bit is 0.`)
  if (!(threshold > lo && threshold <= hi))
    throw new RangeError(`Got threshold ${threshold} when expected one above ${lo} and at most ${hi}.`)
  return threshold
}

function readMultiple(input: BitReader, lo: number, hi: number, d: number): number {
  const { unit, first, step, count } = multiples(lo, hi, exponentOf(hi - lo), d)
  return (first + step * input.below(count)) * unit
}

/**
 * The multiples of 2^(size - d) in (lo, hi]: the unit, the first of them in units, how far apart they are, and how many.
 * As the box is at least 2^size wide and less than twice that, there are from 1 to 2^(d + 1).
 */
function multiples(
  lo: number,
  hi: number,
  size: number,
  d: number,
): { unit: number; first: number; step: number; count: number } {
  const unit = powerOfTwo(size - d)
  const step = d === 0 ? 1 : 2
  let first = Math.floor(lo / unit) + 1
  if (step === 2 && first % 2 === 0) first++
  return { unit, first, step, count: Math.floor((Math.floor(hi / unit) - first) / step) + 1 }
}

function writeDistance(out: BitWriter, d: number): void {
  for (let group = d >>> RICE_BITS; group > 0; group--) out.bits(1, 1)
  out.bits(0, 1)
  out.bits(d & ((1 << RICE_BITS) - 1), RICE_BITS)
}

function readDistance(input: BitReader): number {
  return (input.ones() << RICE_BITS) | input.bits(RICE_BITS)
}
