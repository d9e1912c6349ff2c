import { SinkError } from './contract.ts'

export interface RetryOptions {
  /** Attempts in all, 1 to 10. */
  readonly attempts: number
  /** Before the second attempt; doubled before each further one, up to {@link MOST_WAIT_MS}. */
  readonly backoffMs: number
}

const MOST_WAIT_MS = 10_000

/** A failure that says itself how long to wait. */
export class Postponed extends SinkError {
  readonly waitMs: number

  constructor(message: string, waitMs: number) {
    super(message, { retryable: true })
    this.waitMs = waitMs
  }
}

/**
 * Tries until it succeeds, fails for good, or the attempts are used up. Waits a random part of the backoff (full jitter),
 * so that many senders do not come back at once.
 *
 * @param what names the sink in the error's message
 * @throws SinkError the last failure
 */
export async function withRetries<T>(what: string, options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  for (let done = 1; ; done++) {
    try {
      return await attempt()
    } catch (cause) {
      const error = cause instanceof SinkError ? cause : new SinkError(`${what} failed`, { retryable: true, cause })
      if (!error.retryable || done >= options.attempts) throw error
      const backoff = Math.min(MOST_WAIT_MS, options.backoffMs * 2 ** (done - 1))
      const waitMs = error instanceof Postponed ? Math.min(MOST_WAIT_MS, error.waitMs) : Math.random() * backoff
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}
