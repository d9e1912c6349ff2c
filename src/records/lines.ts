/**
 * Bytes into lines. Whole lines are decoded many at a time, since decoding line by line costs more than all that follows;
 * only around invalid UTF-8 is it done one by one.
 */

/** Called for each line, and for each part of one that is longer than the limit. `part` is 0 for a whole line. */
export type LineSink = (line: number, text: string, end: string, bytes: Uint8Array | undefined, part: number) => void

/** Most bytes that are cut into lines at once: what bounds a batch when somebody pushes a whole file. */
const SLICE_BYTES = 65_536

const NEWLINE = 10
const NO_BYTES = new Uint8Array(0)

export class LineSplitter {
  readonly #sink: LineSink
  readonly #limit: number
  readonly #strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  readonly #lenient = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
  /** The beginning of a line whose end has not come yet: the first `#kept` bytes. */
  #buffer = NO_BYTES
  #kept = 0
  #line = 1
  /** Parts of the current line that have gone out. */
  #parts = 0

  /**
   * @param limit bytes of a line, its end left out, beyond which it goes out in parts of that many (fewer where a
   * character would be cut); it also bounds the memory taken
   */
  constructor(limit: number, sink: LineSink) {
    this.#limit = limit
    this.#sink = sink
  }

  /** Most bytes that {@link push} takes at once. */
  get sliceBytes(): number {
    return Math.min(SLICE_BYTES, this.#limit)
  }

  /** The bytes are copied where they are kept, so that the caller may use their buffer again. */
  push(bytes: Uint8Array): void {
    const last = bytes.lastIndexOf(NEWLINE)
    if (last < 0) {
      this.#keep(bytes)
      return
    }
    let start = 0
    if (this.#kept > 0 || this.#parts > 0) {
      start = bytes.indexOf(NEWLINE) + 1
      this.#keep(bytes.subarray(0, start - 1))
      this.#flush(true)
    }
    if (start <= last) this.#lines(bytes.subarray(start, last + 1))
    if (last + 1 < bytes.length) this.#keep(bytes.subarray(last + 1))
  }

  /** The last line, where the input does not end with a line end. */
  finish(): void {
    if (this.#kept > 0 || this.#parts > 0) this.#flush(false)
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#kept + bytes.length
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length, 1024))
      larger.set(this.#buffer.subarray(0, this.#kept))
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#kept)
    this.#kept = needed
    while (this.#kept > this.#limit) {
      const cut = characterStart(this.#buffer, this.#limit)
      this.#parts++
      this.#one(this.#buffer.subarray(0, cut), '', this.#parts)
      this.#buffer.copyWithin(0, cut, this.#kept)
      this.#kept -= cut
    }
  }

  #flush(ended: boolean): void {
    const returned = this.#buffer[this.#kept - 1] === 13
    const text = this.#buffer.subarray(0, returned ? this.#kept - 1 : this.#kept)
    this.#one(text, `${returned ? '\r' : ''}${ended ? '\n' : ''}`, this.#parts === 0 ? 0 : this.#parts + 1)
    this.#kept = 0
    this.#line++
    this.#parts = 0
  }

  /** Lines that are whole, none of them longer than the limit. */
  #lines(bytes: Uint8Array): void {
    let text: string
    try {
      text = this.#strict.decode(bytes)
    } catch {
      this.#oneByOne(bytes)
      return
    }
    const sink = this.#sink
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start)
      const returned = newline > start && text.charCodeAt(newline - 1) === 13
      const line = returned ? text.slice(start, newline - 1) : text.slice(start, newline)
      sink(this.#line++, line, returned ? '\r\n' : '\n', undefined, 0)
      start = newline + 1
    }
  }

  #oneByOne(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, start)
      const returned = newline > start && bytes[newline - 1] === 13
      this.#one(bytes.subarray(start, returned ? newline - 1 : newline), returned ? '\r\n' : '\n', 0)
      this.#line++
      start = newline + 1
    }
  }

  #one(bytes: Uint8Array, end: string, part: number): void {
    const text = this.#lenient.decode(bytes)
    const valid = !text.includes('\ufffd') || isValid(this.#strict, bytes)
    this.#sink(this.#line, text, end, valid ? undefined : bytes.slice(), part)
  }
}

function isValid(strict: TextDecoder, bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** `at`, or up to three bytes before, so that no character of UTF-8 is cut; at least 1, so that there is progress. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at
  while (start > at - 3 && start > 1 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return ((bytes[start] ?? 0) & 0xc0) === 0x80 ? at : start
}
