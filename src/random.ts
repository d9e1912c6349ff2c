/**
 * A seeded random stream: the same seed gives the same numbers in every runtime.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32. It passes PractRand and needs four
 * 32-bit words of state. Not for secrets.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param seed any safe integer; both its halves count */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: got ${seed}, wanted a safe integer`)
    let state = (seed | 0) ^ Math.imul(Math.floor(seed / 2 ** 32) | 0, 0x85ebca6b)
    const splitmix = (): number => {
      state = (state + 0x9e3779b9) | 0
      let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return z ^ (z >>> 15)
    }
    this.#a = splitmix()
    this.#b = splitmix()
    this.#c = splitmix()
    for (let i = 0; i < 12; i++) this.uint32()
  }

  /** A whole number, uniform on 0 … 2^32 - 1. */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t
    this.#c |= 0
    return t >>> 0
  }

  /** Uniform on [0, 1), 53 bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 0x20000000000000
  }

  /** A whole number, uniform on 0 … n - 1; n from 1 to 2^32. */
  integer(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }
}
