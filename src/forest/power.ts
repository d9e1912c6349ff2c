/** Powers of two by their bits, where Math.log2 and Math.pow could round differently from one engine to the next. */

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0

/** floor(log2(|x|)) of a normal double; x is neither 0, subnormal nor infinite. */
export function exponentOf(x: number): number {
  float[0] = x
  return (((words[HIGH] as number) >>> 20) & 0x7ff) - 1023
}

/** 2^e, e from -1022 to 1023. */
export function powerOfTwo(e: number): number {
  words[HIGH] = (e + 1023) << 20
  words[1 - HIGH] = 0
  return float[0] as number
}

/** The largest e for which a float32 other than 0 is a whole multiple of 2^e. */
export function lowestBitOf(x: number): number {
  float[0] = x
  // A float32 has 24 significant bits: as a double, they are the implicit one and the 23 above the lowest 29.
  const e = (((words[HIGH] as number) >>> 20) & 0x7ff) - 1023
  const mantissa = ((words[HIGH] as number) << 3) | ((words[1 - HIGH] as number) >>> 29) | 0x800000
  return e - 23 + (31 - Math.clz32(mantissa & -mantissa))
}

/** 2^(1/8), half a quarter of an octave. */
const EIGHTH = 1.0905077326652577

/** 4 log2(x), rounded to a whole number; x from 1 to 2^1000. */
export function quarterOctaves(x: number): number {
  const e = exponentOf(x * EIGHTH)
  const mantissa = (x * EIGHTH) / powerOfTwo(e)
  return 4 * e + exponentOf(mantissa * mantissa * mantissa * mantissa)
}
