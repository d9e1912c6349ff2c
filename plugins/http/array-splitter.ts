import { type Raw, rawOf } from '../shared/raw.ts'
import { Refused } from './refused.ts'

const QUOTE = 34
const COMMA = 44
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/**
 * Cuts a JSON list into its elements while it arrives. Each element is parsed by itself afterwards, so that one which is
 * no JSON is a problem of its own and not the end of the others. Looks at each byte once and keeps no more than one
 * element.
 */
export class ArraySplitter {
  readonly #limit: number
  #state: 'before' | 'inside' | 'after' = 'before'
  #depth = 0
  #inString = false
  #escaped = false
  #kept = new Uint8Array(4096)
  #length = 0

  /** @param limit bytes of an element */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @throws Refused 400 where the body is no list, 413 where an element is too long */
  push(bytes: Uint8Array): Raw[] {
    const elements: Raw[] = []
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
        if (byte === CLOSE_LIST) this.#state = 'after'
        const element = this.#take()
        if (element !== undefined) elements.push(element)
      }
    }
    if (this.#state === 'inside') this.#keep(bytes.subarray(from))
    return elements
  }

  /** @throws Refused 400 where the list does not end */
  finish(): void {
    if (this.#state !== 'after')
      throw new Refused('body: got a list without its end, wanted all of it', { status: 400 })
  }

  #outside(byte: number): void {
    if (isSpace(byte)) return
    if (this.#state === 'after') throw new Refused('body: got more behind the list, wanted its end', { status: 400 })
    this.#state = 'inside'
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#limit) throw new Refused(`body: wanted records of at most ${this.#limit} bytes`, { status: 413 })
    if (needed > this.#kept.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#kept.length))
      larger.set(this.#kept.subarray(0, this.#length))
      this.#kept = larger
    }
    this.#kept.set(bytes, this.#length)
    this.#length = needed
  }

  /** An element without the space around it; undefined where nothing else stands there: `[]`, or a comma too many. */
  #take(): Raw | undefined {
    let from = 0
    let to = this.#length
    while (from < to && isSpace(this.#kept[from] as number)) from++
    while (to > from && isSpace(this.#kept[to - 1] as number)) to--
    const element = from === to ? undefined : rawOf(this.#kept.subarray(from, to))
    this.#length = 0
    return element
  }
}

export function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}
