import { bounded, TooMuch } from '../../src/records/bounded.ts'
import { gunzip } from '../../src/records/gzip.ts'
import { RecordsError } from '../../src/records/index.ts'
import { Refused } from './refused.ts'

/**
 * The bytes of a body as they come, decompressed where they are gzip, whatever the header says: some proxies decompress
 * and leave the header, and Logpush is told by its bytes alone.
 *
 * @param maxBytes decompressed
 * @throws Refused while reading: 413 where there are too many, 400 where the compressed data is damaged or the body ends
 * early
 */
export async function* bytesOf({ body }: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  try {
    yield* bounded(chunksOf(body), gunzip, maxBytes)
  } catch (cause) {
    if (cause instanceof TooMuch) throw new Refused(`body: ${cause.message}`, { status: 413, cause })
    if (cause instanceof RecordsError) throw new Refused(`body: ${cause.message}`, { status: 400, cause })
    throw cause
  }
}

/** @throws Refused 415 */
export function expectEncoding(request: Request): void {
  const given = request.headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  if (['', 'identity', 'gzip', 'x-gzip'].includes(given)) return
  throw new Refused('content-encoding: wanted gzip, or none', { status: 415, headers: { 'accept-encoding': 'gzip' } })
}

async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  let done = false
  try {
    while (!done) {
      const next = await reader.read().catch((cause: unknown) => {
        throw new RecordsError('it ended before all of it had come', { code: 'gzip', cause })
      })
      done = next.done
      if (next.value !== undefined) yield next.value
    }
  } finally {
    // Not awaited: a client that says no more would be waited for.
    if (!done) reader.cancel().catch(() => undefined)
  }
}
