import { expectInteger } from '../../src/options.ts'
import { digestOf } from '../shared/digest.ts'
import { Lanes } from '../shared/lanes.ts'
import { jsonOf, onOneLine, parseRaw, type Raw, rawOf } from '../shared/raw.ts'
import type { ScoringOptions } from '../shared/settings.ts'
import { type Sink, SinkError } from '../sinks/contract.ts'
import { expectSink, type SinkOf, sinkFor } from '../sinks/sink-of.ts'
import { deliver } from './deliver.ts'

/** The part of a message that is used. */
export interface MessageLike {
  readonly id: string
  readonly body: unknown
  readonly attempts: number
  ack(): void
  retry(options?: { delaySeconds?: number }): void
}

export interface MessageBatchLike {
  readonly messages: readonly MessageLike[]
}

export interface QueueConsumerOptions<Env = unknown> extends ScoringOptions {
  /** Where the records go. */
  readonly sink: SinkOf<Env>
  /** Seconds before what was not delivered comes again, doubled with each attempt up to an hour. Default 5. */
  readonly retryDelaySec?: number
}

const OWN = ['sink', 'retryDelaySec']

const MOST_DELAY_SEC = 3600

/** A message and its record. */
interface Item {
  readonly message: MessageLike
  readonly raw: Raw
}

/**
 * Takes a record from each message of a Queue (text, bytes, or a JSON value) and hands it to a sink with its `anomaly`.
 * Every message is acknowledged by itself once the sink has taken its record, and else comes again. One that the sink will
 * never take, or that is no JSON value, spoils it for no other: it comes again until the queue's `max_retries` are used
 * up and lies in its `dead_letter_queue` then, as it was.
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function queueConsumer<Env = unknown>(
  options: QueueConsumerOptions<Env>,
): (batch: MessageBatchLike, env: Env) => Promise<void> {
  const lanes = new Lanes('queueConsumer', options, OWN)
  expectSink('sink', options.sink)
  const delaySec = expectInteger('retryDelaySec', options.retryDelaySec ?? 5, 0, MOST_DELAY_SEC)

  function again(message: MessageLike): void {
    message.retry({ delaySeconds: Math.min(MOST_DELAY_SEC, delaySec * 2 ** Math.min(message.attempts - 1, 12)) })
  }

  async function take(items: readonly Item[], sink: Sink, batch: MessageBatchLike): Promise<void> {
    if (items.length === 0) return
    try {
      const raws = items.map(({ raw }) => raw)
      await deliver(lanes, sink.open(batch), await idOf(items), raws, undefined)
      for (const { message } of items) message.ack()
    } catch (error) {
      const isForGood = error instanceof SinkError && !error.retryable
      if (isForGood && items.length > 1) {
        // One of them it is: each by itself, so that the others get through.
        for (const item of items) await take([item], sink, batch)
      } else {
        for (const { message } of items) again(message)
      }
    }
  }

  return async (batch, env) => {
    const items: Item[] = []
    for (const message of batch.messages) {
      const raw = recordOf(message.body)
      if (raw === undefined) again(message)
      else items.push({ message, raw })
    }
    await take(items, sinkFor(options.sink, env), batch)
  }
}

/** Of all messages: what comes again comes with others than before, and must not be taken for the same then. */
function idOf(items: readonly Item[]): Promise<string> {
  return digestOf(items.map(({ message }) => message.id).join('\n'))
}

/** Undefined for a value that JSON has no words for. */
function recordOf(body: unknown): Raw | undefined {
  if (typeof body === 'string') return fromHost({ text: body, bytes: undefined })
  try {
    if (body instanceof ArrayBuffer) return fromHost(rawOf(new Uint8Array(body)))
    if (ArrayBuffer.isView(body)) return fromHost(rawOf(new Uint8Array(body.buffer, body.byteOffset, body.byteLength)))
    const text = jsonOf(body)
    return text === undefined ? undefined : { text, bytes: undefined }
  } catch {
    return undefined
  }
}

/** JSON over several lines comes out on one; text that is no JSON stays as it is. */
function fromHost(raw: Raw): Raw {
  return raw.text.includes('\n') && parseRaw(raw) !== undefined ? onOneLine(raw) : raw
}
