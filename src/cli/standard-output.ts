import { once } from 'node:events'
import { CommandError, systemReason } from './exit.ts'

/** Whoever read our output reads no more: a quiet end, as of `hedgerow score … | head`. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Writes to stdout as fast as its reader reads, and no faster. */
export class StandardOutput {
  readonly #signal: AbortSignal
  #failure: Error | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    process.stdout.on('error', (error) => {
      this.#failure ??= error
    })
  }

  /** @throws OutputClosed where nobody reads any more */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (chunk.length === 0) return
    try {
      this.#expectOpen()
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal: this.#signal })
      this.#expectOpen()
    } catch (cause) {
      this.#signal.throwIfAborted()
      if (cause instanceof Error && 'code' in cause && cause.code === 'EPIPE')
        throw new OutputClosed('nobody reads the output any more', { cause })
      throw new CommandError(`cannot write the output: ${systemReason(cause)}`, { cause })
    }
  }

  #expectOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
