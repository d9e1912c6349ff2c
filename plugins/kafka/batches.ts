import type { Message, MessagesStream } from '@platformatic/kafka'

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>

/**
 * The messages that are there, as many as a batch may hold, or the next one to come: nothing waits for a batch to fill.
 * The stream fetches more only when it has been emptied, so what is in memory is what one fetch brings.
 */
export async function* batchesOf(
  stream: Stream,
  most: { readonly records: number; readonly bytes: number },
  stopped: AbortSignal,
): AsyncGenerator<Message[]> {
  const arrival = new Arrival(stream, stopped)
  try {
    let held: Message | undefined
    while (!stopped.aborted) {
      const batch: Message[] = held === undefined ? [] : [held]
      let bytes = held === undefined ? 0 : sizeOf(held)
      held = undefined
      while (batch.length < most.records) {
        const message: Message | null = stream.read()
        if (message === null) break
        bytes += sizeOf(message)
        if (batch.length > 0 && bytes > most.bytes) {
          held = message
          break
        }
        batch.push(message)
      }
      if (batch.length > 0) yield batch
      else if (!(await arrival.next())) return
    }
  } finally {
    arrival.end()
  }
}

function sizeOf({ key, value }: Message): number {
  // Either is null in a tombstone, whatever the types say.
  return ((value as Buffer | null | undefined)?.length ?? 0) + ((key as Buffer | null | undefined)?.length ?? 0)
}

/** When there is something to read, or nothing more will come. */
class Arrival {
  readonly #stream: Stream
  readonly #stopped: AbortSignal
  readonly #wake = (): void => this.#resolve?.(true)
  readonly #fail = (error: Error): void => {
    this.#failure = { error }
    this.#resolve?.(false)
  }
  readonly #finish = (): void => {
    this.#ended = true
    this.#resolve?.(false)
  }
  #resolve: ((more: boolean) => void) | undefined
  #failure: { readonly error: Error } | undefined
  #ended = false

  constructor(stream: Stream, stopped: AbortSignal) {
    this.#stream = stream
    this.#stopped = stopped
    stream.on('readable', this.#wake)
    stream.on('error', this.#fail)
    stream.on('end', this.#finish)
    stream.on('close', this.#finish)
    stopped.addEventListener('abort', this.#finish)
  }

  /** @returns whether there may be more */
  async next(): Promise<boolean> {
    if (this.#failure === undefined && !this.#ended) {
      await new Promise<boolean>((resolve) => {
        this.#resolve = resolve
      })
      this.#resolve = undefined
    }
    if (this.#failure !== undefined) throw this.#failure.error
    return !this.#ended
  }

  /** The listener for errors stays: one that comes while the stream closes is nobody's surprise. */
  end(): void {
    this.#stream.off('readable', this.#wake)
    this.#stream.off('end', this.#finish)
    this.#stream.off('close', this.#finish)
    this.#stopped.removeEventListener('abort', this.#finish)
  }
}
