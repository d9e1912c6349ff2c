import { once } from 'node:events'
import { CommandError } from './exit.ts'

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
    } catch (error) {
      this.#signal.throwIfAborted()
      if (error instanceof Error && 'code' in error && error.code === 'EPIPE') throw new OutputClosed()
      throw new CommandError(`cannot write: ${error instanceof Error ? error.message : 'unknown error'}`)
    }
  }

  #expectOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
