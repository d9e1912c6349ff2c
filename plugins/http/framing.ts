import { LineSplitter } from '../../src/records/lines.ts'
import { isSpace, ListError, ListSplitter } from '../../src/records/list-splitter.ts'
import { isBlank } from '../../src/records/row.ts'
import { onOneLine, type Raw, rawOf } from '../shared/raw.ts'
import { Refused } from './refused.ts'

/** Bytes that are cut into records at once: what bounds the records at hand beside a batch. */
const SLICE_BYTES = 65_536

const OPEN_LIST = 91

interface Cutter {
  push(bytes: Uint8Array): Raw[]
  finish(): Raw[]
}

export interface BatchBounds {
  readonly records: number
  /** UTF-16 units of their text. */
  readonly length: number
  /** Of one record. */
  readonly maxRecordBytes: number
}

/**
 * The records of a body, in batches: a JSON list where it begins with `[`, else a record a line. The same body is cut into
 * the same batches, however its bytes arrive.
 *
 * @throws Refused 413 where a record is too long, 400 where a list does not end
 */
export async function* batchesOf(chunks: AsyncIterable<Uint8Array>, bounds: BatchBounds): AsyncGenerator<Raw[]> {
  let cutter: Cutter | undefined
  const batch = new Batch(bounds)
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      const slice = chunk.subarray(at, at + SLICE_BYTES)
      cutter ??= cutterFor(slice, bounds.maxRecordBytes)
      if (cutter === undefined) continue
      for (const raw of cutter.push(slice)) if (batch.add(raw)) yield batch.take()
    }
  }
  for (const raw of cutter?.finish() ?? []) if (batch.add(raw)) yield batch.take()
  if (batch.size > 0) yield batch.take()
}

class Batch {
  readonly #bounds: BatchBounds
  #raws: Raw[] = []
  #length = 0

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#raws.length
  }

  /** @returns whether it is full */
  add(raw: Raw): boolean {
    this.#raws.push(raw)
    this.#length += raw.text.length
    return this.#raws.length >= this.#bounds.records || this.#length >= this.#bounds.length
  }

  take(): Raw[] {
    const raws = this.#raws
    this.#raws = []
    this.#length = 0
    return raws
  }
}

/** Undefined while there has been nothing but space. */
function cutterFor(bytes: Uint8Array, maxRecordBytes: number): Cutter | undefined {
  const first = bytes.find((byte) => !isSpace(byte))
  if (first === undefined) return undefined
  return first === OPEN_LIST ? new List(maxRecordBytes) : new Lines(maxRecordBytes)
}

class List implements Cutter {
  readonly #splitter: ListSplitter
  #raws: Raw[] = []

  constructor(maxRecordBytes: number) {
    this.#splitter = new ListSplitter(maxRecordBytes, (element) => {
      if (element === undefined) throw tooLong(maxRecordBytes)
      // A comma too many is no record.
      if (element.length > 0) this.#raws.push(onOneLine(rawOf(element)))
    })
  }

  push(bytes: Uint8Array): Raw[] {
    return this.#after(() => this.#splitter.push(bytes))
  }

  finish(): Raw[] {
    return this.#after(() => this.#splitter.finish())
  }

  #after(step: () => void): Raw[] {
    this.#raws = []
    try {
      step()
    } catch (cause) {
      if (cause instanceof ListError) throw new Refused(`body: ${cause.message}`, { status: 400, cause })
      throw cause
    }
    return this.#raws
  }
}

class Lines implements Cutter {
  readonly #splitter: LineSplitter
  #raws: Raw[] = []

  constructor(maxRecordBytes: number) {
    this.#splitter = new LineSplitter(maxRecordBytes, (_line, text, _end, bytes, part) => {
      if (part > 0) throw tooLong(maxRecordBytes)
      if (!isBlank(text)) this.#raws.push({ text, bytes })
    })
  }

  push(bytes: Uint8Array): Raw[] {
    this.#splitter.push(bytes)
    return this.#take()
  }

  finish(): Raw[] {
    this.#splitter.finish()
    return this.#take()
  }

  #take(): Raw[] {
    const raws = this.#raws
    this.#raws = []
    return raws
  }
}

function tooLong(maxRecordBytes: number): Refused {
  return new Refused(`body: wanted records of at most ${maxRecordBytes} bytes`, { status: 413 })
}
