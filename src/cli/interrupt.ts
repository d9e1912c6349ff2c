import { CommandError, EXIT } from './exit.ts'

/**
 * A signal that is raised by Ctrl-C and by a request to end. Work looks at it between batches, cleans up and ends. A
 * second Ctrl-C finds no handler any more and ends the process at once.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  const interrupt = (): void => controller.abort(new CommandError('interrupted', { exitCode: EXIT.interrupted }))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  return controller.signal
}

/**
 * Takes a request to end (SIGTERM) for the end of the input: a filter answers what it has read already, saves what it
 * was to save, and ends well. Ctrl-C stays what it is, and a second request ends the process at once.
 */
export function terminationEndsInput(): Promise<void> {
  process.removeAllListeners('SIGTERM')
  return new Promise((resolve) => process.once('SIGTERM', resolve))
}
