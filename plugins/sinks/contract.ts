import type { Verdict } from '../../src/decision.ts'
import type { BehaviorEvent } from '../../src/event.ts'

/** A record on its way out. */
export interface SinkRecord {
  /**
   * The record with its `anomaly`, or as it came where it is no JSON object: one line, without its end, but for a queue's
   * text that is no JSON. Bytes where they are no valid UTF-8.
   */
  readonly line: string | Uint8Array
  /** What the record told, and what was said of it; undefined where it passes through unscored. */
  readonly scored: { readonly event: BehaviorEvent; readonly verdict: Verdict } | undefined
}

export interface SinkBatch {
  /** The same for the same records, sent again: what a receiver may know duplicates by. */
  readonly id: string
  readonly records: readonly SinkRecord[]
}

/**
 * Where records go. A sink is made once; each request, batch of messages or tail opens a delivery of its own, since a
 * Worker may not share what one request began with another.
 */
export interface Sink {
  /**
   * @param invocation any object that is the same for all deliveries of one invocation of a Worker, for sinks of which
   * each may take only so much
   */
  open(invocation?: object): Delivery
}

/**
 * One stream of records into a sink. `write` resolves when the sink has taken the batch, and the next one waits for it:
 * that is the back pressure. Whoever opens a delivery ends it with `close` or `abort`.
 */
export interface Delivery {
  /** @throws SinkError where the sink has not taken it, after its retries */
  write(batch: SinkBatch): Promise<void>
  /** All of it is taken for good once this resolves. @throws SinkError */
  close(): Promise<void>
  /** Takes back what can be taken back. Never rejects. */
  abort(): Promise<void>
}

/** A sink that did not take records. Its message names the sink and what it answered, never what was sent. */
export class SinkError extends Error {
  override readonly name = 'SinkError'
  /** Whether the same records may be taken later: else they never will be. */
  readonly retryable: boolean

  constructor(message: string, options: { readonly retryable: boolean; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.retryable = options.retryable
  }
}

/** Every record into each of several sinks, one after the other: taken when all have taken it. */
export function allOf(...sinks: readonly Sink[]): Sink {
  return {
    open(invocation) {
      const deliveries = sinks.map((sink) => sink.open(invocation))
      return {
        async write(batch) {
          for (const delivery of deliveries) await delivery.write(batch)
        },
        async close() {
          for (const delivery of deliveries) await delivery.close()
        },
        async abort() {
          for (const delivery of deliveries) await delivery.abort()
        },
      }
    },
  }
}
