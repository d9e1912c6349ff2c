import { gunzip } from '../../src/records/gzip.ts'
import { RecordsError } from '../../src/records/index.ts'
import { Refused } from './refused.ts'

/** From so many bytes on, what was compressed must not be too many times smaller: log lines are some ten times. */
const BOMB_BYTES = 16 * 2 ** 20
const MOST_EXPANSION = 250

/**
 * The bytes of a body as they come, decompressed where they are gzip, whatever the header says: some proxies decompress
 * and leave the header, and Logpush is told by its bytes alone.
 *
 * @param maxBytes decompressed
 * @throws Refused 415 at once where the encoding is none that we know; while reading: 413 where there are too many, 400
 * where the compressed data is damaged or the body ends early
 */
export async function* bytesOf(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  const arriving = new Arriving(request.body)
  let total = 0
  try {
    for await (const chunk of gunzip(arriving)) {
      total += chunk.length
      if (total > maxBytes) throw tooLarge(`at most ${maxBytes} bytes, decompressed`)
      if (total > BOMB_BYTES && total > MOST_EXPANSION * arriving.bytes) {
        throw tooLarge(`data that is at most ${MOST_EXPANSION} times larger decompressed`)
      }
      yield chunk
    }
  } catch (error) {
    if (error instanceof RecordsError) throw new Refused(`body: ${error.message}`, { status: 400, cause: error })
    throw error
  }
}

/** @throws Refused 415 */
export function expectEncoding(request: Request): void {
  const given = request.headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  if (['', 'identity', 'gzip', 'x-gzip'].includes(given)) return
  throw new Refused('content-encoding: wanted gzip, or none', { status: 415, headers: { 'accept-encoding': 'gzip' } })
}

function tooLarge(wanted: string): Refused {
  return new Refused(`body: wanted ${wanted}`, { status: 413 })
}

/** The body as it comes over the wire, counted. */
class Arriving implements AsyncIterable<Uint8Array> {
  bytes = 0
  readonly #body: ReadableStream<Uint8Array> | null

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#body = body
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#body === null) return
    const reader = this.#body.getReader()
    let done = false
    try {
      while (!done) {
        const next = await reader.read().catch((cause: unknown) => {
          throw new RecordsError('it ended before all of it had come', { code: 'gzip', cause })
        })
        done = next.done
        if (next.value === undefined) continue
        this.bytes += next.value.length
        yield next.value
      }
    } finally {
      // Not awaited: a client that says no more would be waited for.
      if (!done) reader.cancel().catch(() => undefined)
    }
  }
}
