import { RecordsError } from './row.ts'

/**
 * Gzip, told by its first bytes. `DecompressionStream` reads one member and calls a second one junk, but logs that were
 * rotated and joined, or compressed in blocks, have many: so the input is cut where a member begins, and each gets a
 * stream of its own.
 *
 * Where one begins cannot be asked of the stream. It is known by a member's header, ten bytes of which half are given,
 * behind a trailer whose length fits what came before: by chance once in hundreds of gigabytes of compressed data, and
 * then, as with all damaged data, reading ends with an error and never with wrong text.
 *
 * @returns the bytes decompressed, or as they are where they do not begin like gzip
 * @throws RecordsError `gzip` while reading, where the data is damaged, cut short, or followed by something else
 */
export async function* gunzip(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = new Pieces(source)
  try {
    if (!(await pieces.beginsLikeGzip())) {
      for (let bytes = await pieces.next(); bytes !== undefined; bytes = await pieces.next()) yield bytes
      return
    }
    while (!(await pieces.isEmpty())) yield* member(pieces)
  } finally {
    await pieces.return()
  }
}

/** Decompresses up to where the next member begins. */
async function* member(pieces: Pieces): AsyncGenerator<Uint8Array> {
  pieces.beginMember()
  const decompressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const bytes = await pieces.nextOfMember()
      if (bytes === undefined) controller.close()
      else controller.enqueue(bytes)
    },
  }).pipeThrough(new DecompressionStream('gzip'))
  const reader = decompressed.getReader()
  let done = false
  try {
    for (;;) {
      const chunk = await reader.read()
      done = chunk.done
      if (chunk.value === undefined) return
      yield chunk.value
    }
  } catch (cause) {
    done = true
    if (pieces.failure !== undefined) throw pieces.failure.cause
    throw new RecordsError('the gzip data is damaged, cut short, or followed by something else', {
      code: 'gzip',
      cause,
    })
  } finally {
    if (!done) await reader.cancel()
  }
}

/** Bytes of a member's header, of its trailer, and the fewest of a whole one. */
const HEADER = 10
const TRAILER = 8
const SHORTEST = 18

/** No more than so many bytes come out of one that deflate packed. */
const MOST_EXPANSION = 1032

/** The compressed input, read on demand, and cut where members begin. */
class Pieces {
  /** What the source threw, if it did: no fault of the data's. */
  failure: { readonly cause: unknown } | undefined
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>
  /** Read, but not handed out. */
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  /** Bytes of the member handed out. */
  #handedOut = 0
  /** Whether what is at hand begins with the next member. */
  #memberEnded = false
  #ended = false
  /** Whether the source has been asked for more, and has not answered. */
  #asking = false

  constructor(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  }

  async beginsLikeGzip(): Promise<boolean> {
    await this.#fill(1)
    if (this.#bytes[0] === 0x1f) await this.#fill(3) // else a first short line need not wait for more
    return this.#bytes[0] === 0x1f && this.#bytes[1] === 0x8b && this.#bytes[2] === 8
  }

  async isEmpty(): Promise<boolean> {
    await this.#fill(1)
    return this.#bytes.length === 0
  }

  beginMember(): void {
    this.#handedOut = 0
    this.#memberEnded = false
  }

  /** What there is, as it is. */
  async next(): Promise<Uint8Array | undefined> {
    return (await this.isEmpty()) ? undefined : this.#take(this.#bytes.length)
  }

  /** The next bytes of this member, undefined after its last. */
  async nextOfMember(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#memberEnded) {
      const boundary = this.#boundary()
      if (boundary > 0) {
        this.#memberEnded = true
        return this.#take(boundary)
      }
      // Keep back what may be the trailer of this member and the beginning of the next one's header.
      const safe = this.#bytes.length - (HEADER + TRAILER)
      if (safe > 0) return this.#take(safe)
      if (!(await this.#more())) return this.#bytes.length === 0 ? undefined : this.#take(this.#bytes.length)
    }
    return undefined
  }

  async return(): Promise<void> {
    if (this.#ended) return
    const returning = this.#source.return?.()
    // A generator ends only once it has what it waits for, which may never come: decompressing reads ahead.
    if (this.#asking) Promise.resolve(returning).catch(() => undefined)
    else await returning
  }

  /** Where, in what is at hand, the next member begins: -1 where it does not. */
  #boundary(): number {
    const bytes = this.#bytes
    const first = Math.max(TRAILER, SHORTEST - this.#handedOut)
    for (let at = bytes.indexOf(0x1f, first); at >= 0; at = bytes.indexOf(0x1f, at + 1)) {
      if (at + HEADER > bytes.length) return -1
      if (isHeader(bytes, at) && this.#trailerFits(at)) return at
    }
    return -1
  }

  /** Whether the four bytes before `at` can be the length of what the member held. */
  #trailerFits(at: number): boolean {
    const { buffer, byteOffset } = this.#bytes
    const compressed = this.#handedOut + at
    const length = new DataView(buffer, byteOffset).getUint32(at - 4, true)
    return compressed * MOST_EXPANSION > 0xffff_ffff || length <= compressed * MOST_EXPANSION
  }

  #take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, count)
    this.#bytes = this.#bytes.subarray(count)
    this.#handedOut += count
    return taken
  }

  /** Reads until so many bytes are at hand, or the input ends. */
  async #fill(count: number): Promise<void> {
    while (this.#bytes.length < count) if (!(await this.#more())) return
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false
    let next: IteratorResult<Uint8Array>
    this.#asking = true
    try {
      next = await this.#source.next()
    } catch (cause) {
      this.#ended = true
      this.failure = { cause }
      throw cause
    } finally {
      this.#asking = false
    }
    if (next.done === true) {
      this.#ended = true
      return false
    }
    if (this.#bytes.length === 0) {
      this.#bytes = next.value as Uint8Array<ArrayBuffer>
      return true
    }
    const joined = new Uint8Array(this.#bytes.length + next.value.length)
    joined.set(this.#bytes)
    joined.set(next.value, this.#bytes.length)
    this.#bytes = joined
    return true
  }
}

/** Magic, method deflate, no reserved flag, a level and a system that exist. */
function isHeader(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] !== 0x8b || bytes[at + 2] !== 8 || ((bytes[at + 3] ?? 0xff) & 0xe0) !== 0) return false
  const level = bytes[at + 8] ?? 0xff
  const system = bytes[at + 9] ?? 0xfe
  return (level === 0 || level === 2 || level === 4) && (system <= 13 || system === 255)
}
