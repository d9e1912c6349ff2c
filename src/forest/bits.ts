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

  /** A whole number from 0 to `range` - 1 in truncated binary: floor(log2 range) bits or one more. `range` < 2^31. */
  below(value: number, range: number): void {
    const bits = 31 - Math.clz32(range)
    const short = 2 ** (bits + 1) - range
    if (value < short) this.bits(value, bits)
    else this.bits(value + short, bits + 1)
  }

  /** The bytes so far; the bits that fill up the last one are 0. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, (this.#length + 7) >>> 3)
  }
}

/** Reads what a BitWriter wrote. */
export class BitReader {
  readonly #view: DataView
  readonly #end: number
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#end = bytes.length * 8
    // With zeros after the end, bits are read a word at a time.
    const padded = new Uint8Array(bytes.length + 4)
    padded.set(bytes)
    this.#view = new DataView(padded.buffer)
  }

  /** `count` bits, 0 to 31. */
  bits(count: number): number {
    if (count > 16) return ((this.bits(count - 16) << 16) | this.bits(16)) >>> 0
    const at = this.#at
    this.#at = at + count
    if (this.#at > this.#end) throw new RangeError('Got forest bytes that end within a tree when expected more.')
    return ((this.#view.getUint32(at >>> 3) << (at & 7)) >>> 16) >>> (16 - count)
  }

  /** Whatever the bits are, the number is from 0 to `range` - 1. */
  below(range: number): number {
    const bits = 31 - Math.clz32(range)
    const short = 2 ** (bits + 1) - range
    const value = this.bits(bits)
    return value < short ? value : value * 2 + this.bits(1) - short
  }

  /** Throws unless no more is left than the zero bits that fill up a byte. */
  end(): void {
    const rest = this.#end - this.#at
    if (rest >= 8) throw new RangeError(`Got ${rest >>> 3} bytes after the last tree when expected none.`)
    if (this.bits(rest) !== 0) throw new RangeError('Got bits set after the last tree when expected none.')
  }
}
