/** From so many bytes on, what was compressed must not be too many times smaller: log lines are some ten times. */
const BOMB_BYTES = 16 * 2 ** 20
const MOST_EXPANSION = 250

/** More was sent than is taken. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
  readonly got: string
  readonly wanted: string

  constructor(got: string, wanted: string) {
    super(`got ${got}, wanted ${wanted}`)
    this.got = got
    this.wanted = wanted
  }
}

/**
 * What strangers send, decompressed, and bounded: in bytes, and against data made to become very large.
 *
 * @param maxBytes decompressed
 * @throws TooMuch while reading, after what was within the bounds; and what source and `decompress` throw
 */
export async function* bounded(
  source: AsyncIterable<Uint8Array>,
  decompress: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let arrived = 0
  let total = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      arrived += chunk.length
      yield chunk
    }
  }
  for await (const chunk of decompress(counted())) {
    total += chunk.length
    if (total > maxBytes) throw new TooMuch('more', `at most ${maxBytes} bytes, decompressed`)
    if (total > BOMB_BYTES && total > MOST_EXPANSION * arrived) {
      const got = `gzip that is more than ${MOST_EXPANSION} times larger decompressed`
      throw new TooMuch(got, 'compressed data of ordinary density')
    }
    yield chunk
  }
}
