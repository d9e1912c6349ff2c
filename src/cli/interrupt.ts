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
