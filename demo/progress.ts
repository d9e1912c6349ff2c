import { progress, spinner } from '@clack/prompts'

/** The bar and what it says. */
const MIN_COLUMNS = 80

/** Tells how far a replay has come: on a terminal, on stderr, and nowhere else. */
export interface Progress {
  advance(count: number): void
  stop(message: string): void
}

/** @param total requests to come; undefined where nobody knows */
export function startProgress(message: string, total: number | undefined): Progress {
  // Some terminals say that they have no columns: nothing fits in those.
  if (process.stderr.isTTY !== true || !(process.stderr.columns >= MIN_COLUMNS))
    return { advance: () => undefined, stop: () => undefined }
  const output = process.stderr
  if (total !== undefined) {
    const bar = progress({ max: total, output })
    bar.start(message)
    return { advance: (count) => bar.advance(count, message), stop: (said) => bar.stop(said) }
  }
  let done = 0
  const wheel = spinner({ output })
  wheel.start(message)
  return {
    advance(count) {
      done += count
      wheel.message(`${message}: ${done.toLocaleString('en')}`)
    },
    stop: (said) => wheel.stop(said),
  }
}
