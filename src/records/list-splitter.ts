const QUOTE = 34
const COMMA = 44
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** An element's bytes, good until the next is cut; undefined for one over the limit, of which nothing is kept. */
export type Element = Uint8Array | undefined

/** What was to be a JSON list is none, as a whole. */
export class ListError extends Error {
  override readonly name = 'ListError'
  readonly got: string
  readonly wanted: string = 'a JSON list'

  constructor(got: string) {
    super(`got ${got}, wanted a JSON list`)
    this.got = got
  }
}

/**
 * Cuts a JSON list into its elements while it arrives, so that each is parsed by itself: an element that is no JSON is
 * then a problem of its own, where a streaming parser would give up the rest of the list. Looks at each byte once; keeps
 * no more than one element.
 */
export class ListSplitter {
  readonly #limit: number
  readonly #sink: (element: Element) => void
  #state: 'before' | 'inside' | 'after' = 'before'
  #depth = 0
  #inString = false
  #escaped = false
  /** Whether a comma came: an element is then due, however empty. */
  #due = false
  #kept = new Uint8Array(1024)
  #length = 0
  #tooLong = false

  /**
   * @param limit bytes of an element, the space around it included
   * @param sink gets each element, without the space around it; an empty one where a comma has nothing on one side
   */
  constructor(limit: number, sink: (element: Element) => void) {
    this.#limit = limit
    this.#sink = sink
  }

  /** @throws ListError where the bytes are no list, or go on behind it */
  push(bytes: Uint8Array): void {
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
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#depth++
      } else if (this.#depth > 0 && (byte === CLOSE_OBJECT || byte === CLOSE_LIST)) {
        this.#depth--
      } else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) {
        this.#keep(bytes.subarray(from, at))
        from = at + 1
        this.#end(byte === COMMA)
      }
    }
    if (this.#state === 'inside') this.#keep(bytes.subarray(from))
  }

  /** @throws ListError where the list does not end */
  finish(): void {
    if (this.#state === 'before') throw new ListError('nothing')
    if (this.#state === 'inside') throw new ListError('a list without its end')
  }

  #outside(byte: number): void {
    if (isSpace(byte)) return
    if (this.#state === 'after') throw new ListError('more behind the list')
    if (byte !== OPEN_LIST) throw new ListError('something else')
    this.#state = 'inside'
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

  /** Hands an element out: all but the nothing of an empty list. */
  #end(atComma: boolean): void {
    let from = 0
    let to = this.#length
    while (from < to && isSpace(this.#kept[from] as number)) from++
    while (to > from && isSpace(this.#kept[to - 1] as number)) to--
    if (this.#tooLong) this.#sink(undefined)
    else if (atComma || this.#due || from < to) this.#sink(this.#kept.subarray(from, to))
    this.#due = atComma
    this.#length = 0
    this.#tooLong = false
    if (!atComma) this.#state = 'after'
  }
}

/** Whether JSON takes the byte for white space. */
export function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}
