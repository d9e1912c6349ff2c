import { Refusal } from './problem.ts'

const OPEN = new Set([0x5b, 0x7b]) // [ {
const CLOSE = new Set([0x5d, 0x7d]) // ] }
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d])

/** An element's text; undefined for one that is longer than the limit, of which nothing is kept. */
export type Element = string | undefined

/**
 * Cuts a JSON array into its elements while it arrives, so that each is parsed by itself: an element that is no JSON is
 * then a problem of its own, where a streaming parser would give up the rest of the array. Looks at each byte once; keeps
 * no more than one element.
 */
export class ArraySplitter {
  readonly #limit: number
  readonly #decoder = new TextDecoder()
  #state: 'before' | 'inside' | 'after' = 'before'
  #depth = 0
  #inString = false
  #escaped = false
  /** Whether a comma came: an element is then due, however empty. */
  #due = false
  #kept = new Uint8Array(1024)
  #length = 0
  #tooLong = false

  /** @param limit bytes of an element */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @throws Refusal 400 where the body is no array, or goes on behind it */
  push(bytes: Uint8Array): Element[] {
    const elements: Element[] = []
    let from = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (byte === BACKSLASH) this.#escaped = true
        else if (byte === QUOTE) this.#inString = false
      } else if (this.#state !== 'inside') {
        this.#outside(byte)
        from = at + 1
      } else if (byte === QUOTE) {
        this.#inString = true
      } else if (OPEN.has(byte)) {
        this.#depth++
      } else if (CLOSE.has(byte) && this.#depth > 0) {
        this.#depth--
      } else if (this.#depth === 0 && (byte === COMMA || CLOSE.has(byte))) {
        this.#keep(bytes.subarray(from, at))
        from = at + 1
        if (byte === COMMA || this.#due || !this.#isBlank()) elements.push(this.#take())
        this.#due = byte === COMMA
        if (byte !== COMMA) this.#state = 'after'
      }
    }
    if (this.#state === 'inside') this.#keep(bytes.subarray(from))
    return elements
  }

  /** @throws Refusal 400 where the array does not end */
  finish(): void {
    if (this.#state === 'after') return
    const got = this.#state === 'before' ? 'nothing' : 'a list without its end'
    throw new Refusal(400, { field: 'body', got, wanted: 'a JSON list' })
  }

  #outside(byte: number): void {
    if (SPACES.has(byte)) return
    const got = this.#state === 'after' ? 'more behind the list' : 'something else'
    if (this.#state === 'after' || byte !== 0x5b) {
      throw new Refusal(400, { field: 'body', got, wanted: 'a JSON list' })
    }
    this.#state = 'inside'
  }

  #isBlank(): boolean {
    return !this.#tooLong && this.#kept.subarray(0, this.#length).every((byte) => SPACES.has(byte))
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (this.#tooLong || needed > this.#limit) {
      this.#tooLong = true
      this.#length = 0
      return
    }
    if (needed > this.#kept.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#kept.length))
      larger.set(this.#kept.subarray(0, this.#length))
      this.#kept = larger
    }
    this.#kept.set(bytes, this.#length)
    this.#length = needed
  }

  #take(): Element {
    const element = this.#tooLong ? undefined : this.#decoder.decode(this.#kept.subarray(0, this.#length))
    this.#length = 0
    this.#tooLong = false
    return element
  }
}
