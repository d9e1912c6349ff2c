import { addAbortSignal, Readable } from 'node:stream'

/** The standard input, as its chunks come; its end is also where somebody says so. */
export function standardInput(signal: AbortSignal, ending: Promise<void> | undefined): Readable {
  const { stdin } = process
  return addAbortSignal(signal, ending === undefined ? stdin : Readable.from(untilToldToEnd(stdin, ending, signal)))
}

/** What has been read by then is still handed over; nothing more is read. */
async function* untilToldToEnd(
  stdin: Readable,
  ending: Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let told = false
  let wake: (() => void) | undefined
  let failure: Error | undefined
  const ring = (): void => wake?.()
  void ending.then(() => {
    told = true
    ring()
  })
  stdin.on('error', (error) => {
    failure = error
    ring()
  })
  signal.addEventListener('abort', ring)
  stdin.on('readable', ring).on('end', ring).on('close', ring)
  try {
    for (;;) {
      const waiting = new Promise<void>((resolve) => {
        wake = resolve
      })
      signal.throwIfAborted()
      const chunk: unknown = stdin.read()
      if (chunk instanceof Uint8Array) yield chunk
      else if (failure !== undefined) throw failure
      else if (told || stdin.readableEnded || stdin.destroyed) return
      else await waiting
    }
  } finally {
    // A pipe that nobody reads any more must not hold the process.
    stdin.destroy()
  }
}
