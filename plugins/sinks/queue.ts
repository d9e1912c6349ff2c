import { expectInteger, expectKnown, expectMethod, expectRecord } from '../../src/options.ts'
import { type Delivery, type Sink, type SinkBatch, SinkError, type SinkRecord } from './contract.ts'
import { lineBytes } from './lines.ts'
import { withRetries } from './retry.ts'

/** The part of a Queue's binding that is used. */
export interface QueueLike {
  sendBatch(messages: readonly QueueMessage[]): Promise<unknown>
}

export type QueueMessage =
  | { readonly body: string; readonly contentType: 'text' }
  | { readonly body: Uint8Array; readonly contentType: 'bytes' }

export interface QueueSinkOptions {
  /**
   * Where records go that are larger than a message may be (128 KB); `refuse`: the batch fails for good, and whoever sent
   * it hears so. There is no default: no record shall get lost unawares.
   */
  readonly tooLarge: Sink | 'refuse'
  /** Attempts for each call of the queue, 1 to 10. Default 4. */
  readonly attempts?: number
  /** Milliseconds before the second attempt, doubled for each further one. Default 100. */
  readonly backoffMs?: number
}

/** What a Queue takes: a kilobyte of theirs has 1,000 bytes, and each message some 100 of its own. */
const MOST_MESSAGES = 100
const MOST_MESSAGE_BYTES = 127_000
const MOST_BATCH_BYTES = 250_000
const OVERHEAD = 100

/**
 * Sends each record as a message: text, or bytes where it is no valid UTF-8.
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function queueSink(queue: QueueLike, options: QueueSinkOptions): Sink {
  expectMethod('queueSink', queue, 'sendBatch')
  expectRecord('queueSink', options)
  expectKnown('queueSink', options, ['tooLarge', 'attempts', 'backoffMs'])
  const { tooLarge } = options
  if (tooLarge !== 'refuse') expectMethod('tooLarge', tooLarge, 'open')
  const attempts = expectInteger('attempts', options.attempts ?? 4, 1, 10)
  const backoffMs = expectInteger('backoffMs', options.backoffMs ?? 100, 0, 60_000)

  return {
    open(invocation) {
      let other: Delivery | undefined
      return {
        async write(batch) {
          const small = batch.records.filter((record) => lineBytes(record) <= MOST_MESSAGE_BYTES)
          if (small.length < batch.records.length) {
            if (tooLarge === 'refuse')
              throw new SinkError('a record is larger than a queue takes', { retryable: false })
            other ??= tooLarge.open(invocation)
            await other.write(largeOf(batch))
          }
          for (const messages of portions(small)) {
            await withRetries('the queue', { attempts, backoffMs }, () => queue.sendBatch(messages))
          }
        },
        close: async () => other?.close(),
        abort: async () => other?.abort(),
      }
    },
  }
}

function largeOf({ id, records }: SinkBatch): SinkBatch {
  return { id: `${id}-large`, records: records.filter((record) => lineBytes(record) > MOST_MESSAGE_BYTES) }
}

function* portions(records: readonly SinkRecord[]): Generator<readonly QueueMessage[]> {
  let messages: QueueMessage[] = []
  let bytes = 0
  for (const record of records) {
    const size = lineBytes(record) + OVERHEAD
    if (messages.length === MOST_MESSAGES || bytes + size > MOST_BATCH_BYTES) {
      yield messages
      messages = []
      bytes = 0
    }
    messages.push(messageOf(record))
    bytes += size
  }
  if (messages.length > 0) yield messages
}

function messageOf({ line }: SinkRecord): QueueMessage {
  return typeof line === 'string' ? { body: line, contentType: 'text' } : { body: line, contentType: 'bytes' }
}
