/** Numbers as bits, most significant first, each in as many as its range needs. */
export class BitWriter {
  #bytes = new Uint8Array(1024)
  #length = 0

  /** `count` bits, 0 to 31, of `value`. */
  bits(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      const at = this.#length >>> 3
      if (at === this.#bytes.length) {
        const larger = new Uint8Array(at * 2)
        larger.set(this.#bytes)
        this.#bytes = larger
      }
      if ((value >>> i) & 1) (this.#bytes[at] as number) |= 0x80 >>> (this.#length & 7)
      this.#length++
    }
  }

  /** A whole number from 0 to `range` - 1 in truncated binary: floor(log2 range) bits or one more. `range` <= 2^23. */
  below(value: number, range: number): void {
    const bits = 31 - Math.clz32(range)
    const short = (2 << bits) - range
    if (value < short) this.bits(value, bits)
    else this.bits(value + short, bits + 1)
  }

  /** The bytes so far; the bits that fill up the last one are 0. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, (this.#length + 7) >>> 3)
  }
}

/** Reads what a BitWriter wrote. Each number is taken from one look at the bits ahead. */
export class BitReader {
  readonly #view: DataView
  readonly #end: number
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#end = bytes.length * 8
    // With zeros after the end, a word can be read at any place before it.
    const padded = new Uint8Array(bytes.length + 4)
    padded.set(bytes)
    this.#view = new DataView(padded.buffer)
  }

  /** `count` bits, 0 to 24. */
  bits(count: number): number {
    const ahead = this.#ahead()
    this.#skip(count)
    return ahead >>> (31 - count)
  }

  /** Whatever the bits are, the number is from 0 to `range` - 1. `range` <= 2^23. */
  below(range: number): number {
    const ahead = this.#ahead()
    const bits = 31 - Math.clz32(range)
    const short = (2 << bits) - range
    const value = ahead >>> (31 - bits)
    if (value < short) {
      this.#skip(bits)
      return value
    }
    this.#skip(bits + 1)
    return (ahead >>> (30 - bits)) - short
  }

  /** How many ones come before the next zero, 24 at most; the zero is read too. */
  ones(): number {
    const count = Math.min(24, Math.clz32(~(this.#ahead() << 1)))
    this.#skip(count + 1)
    return count
  }

  /** Throws unless no more is left than the zero bits that fill up a byte. */
  end(): void {
    const rest = this.#end - this.#at
    if (rest >= 8) throw new RangeError(`Got ${rest >>> 3} bytes after the last tree when expected none.`)
    if (this.bits(rest) !== 0) throw new RangeError('Got bits set after the last tree when expected none.')
  }

  /** A number of 31 bits, of which the first 25 at least are the next ones. */
  #ahead(): number {
    return (this.#view.getUint32(this.#at >>> 3) << (this.#at & 7)) >>> 1
  }

  #skip(count: number): void {
    this.#at += count
    if (this.#at > this.#end) throw new RangeError('Got forest bytes that end within a tree when expected more.')
  }
}
