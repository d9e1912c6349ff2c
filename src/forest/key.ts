/**
 * Keys: float32 values as integers in the same order, so that a split is one integer subtraction and no branch.
 *
 * The bits of a float32 order like a sign-and-magnitude integer; turning the magnitude of negatives round makes them
 * order like two's complement, with -0 and +0 alike. The lowest bit is then dropped: keys fit 31 bits, and so the
 * difference of any two fits an int32 and its sign is the comparison. The forest's thresholds have that bit zero, for
 * which `x < threshold` and `key(x) < key(threshold)` are the same statement.
 */

/** Below every key, that of -Infinity too: a node that compares with it sends every row the same way. */
export const LOWEST_KEY = -0x40000000

const INFINITY_BITS = 0x7f800000

const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** The key of a float32's bits. NaN has one too, beyond the infinities. */
function keyOfBits(b: number): number {
  return ((b ^ ((b >> 31) & 0x7fffffff)) - (b >> 31)) >> 1
}

/** The key of a number, rounded to float32. */
export function keyOf(value: number): number {
  float[0] = value
  return keyOfBits(bits[0] as number)
}

/** The smallest float32 with this key or, for a key that a threshold has, the threshold. */
export function valueOfKey(key: number): number {
  const ordinal = key << 1
  bits[0] = ordinal < 0 ? -ordinal | 0x80000000 : ordinal
  return float[0] as number
}

/** Can this number be a threshold: a finite float32 whose lowest bit is zero, so that its key stands for it exactly? */
export function isThreshold(value: number): boolean {
  return Number.isFinite(value) && valueOfKey(keyOf(value)) === value
}

/** Reads rows as keys, into scratch of its own. */
export class KeyReader {
  /** The keys of the row read last. */
  readonly keys: Int32Array
  readonly #row: Float32Array
  readonly #bits: Int32Array

  constructor(columns: number) {
    this.keys = new Int32Array(columns)
    this.#row = new Float32Array(columns)
    this.#bits = new Int32Array(this.#row.buffer)
  }

  /** Reads the row that starts at `offset`; false, and keys of no meaning, where it has a NaN. */
  read(rows: Float32Array, offset: number): boolean {
    const { keys } = this
    const row = this.#row
    const bits = this.#bits
    for (let f = 0; f < keys.length; f++) {
      row[f] = rows[offset + f] as number
      const b = bits[f] as number
      if ((b & 0x7fffffff) > INFINITY_BITS) return false
      keys[f] = keyOfBits(b)
    }
    return true
  }
}
