import { expectBoolean, expectInteger } from '../src/options.ts'
import type { Anomaly } from '../src/pipeline/anomaly.ts'
import { LineScorer, type Lines } from '../src/pipeline/line-scorer.ts'
import type { RecordCounts, RecordScorer } from '../src/pipeline/record-scorer.ts'
import { DEFAULT_MAX_LINE_BYTES } from '../src/records/index.ts'
import { isRecord } from '../src/records/row.ts'
import { type ScoringOptions, settleScorer } from './shared/settings.ts'

export type { Anomaly } from '../src/pipeline/anomaly.ts'
export type { RecordCounts } from '../src/pipeline/record-scorer.ts'
export type { Activity, RecordMap } from '../src/records/index.ts'
export type { ScoringOptions } from './shared/settings.ts'

export interface StreamOptions extends ScoringOptions {
  /** Bytes of a line beyond which it passes on without being looked at. Default 1 MiB. */
  readonly maxLineBytes?: number | undefined
  /** Whether chunks are records already, one each, and not bytes. Default false. */
  readonly records?: boolean | undefined
}

/** A record with what was found of it; as it came where there was nothing to find. */
export type Enriched<T> = T | (T & { readonly anomaly: Anomaly })

/** `TransformStream` with the counts of what went through. */
export interface ScoreStream<I, O> extends ReadableWritablePair<O, I> {
  /** Records scored, and those that were not by why. */
  readonly counts: RecordCounts
}

/**
 * NDJSON in, the same lines out, each record that tells of what somebody did with its `anomaly`; what is no such record
 * passes as it came. A line goes out as soon as its end has come in.
 *
 *     await response.body.pipeThrough(scoreStream()).pipeTo(destination)
 *
 * With `records` for streams of objects: a record that is an event goes out as a copy with its `anomaly`.
 *
 * @throws TypeError where an option is not what it should be, naming it, what it got and what it wanted
 */
export function scoreStream<T = unknown>(
  options: StreamOptions & { readonly records: true },
): ScoreStream<T, Enriched<T>>
export function scoreStream(options?: StreamOptions): ScoreStream<Uint8Array, Uint8Array>
export function scoreStream(options: StreamOptions = {}): ScoreStream<unknown, unknown> {
  const scorer = settleScorer('scoreStream', options, ['maxLineBytes', 'records'])
  const limit = expectInteger('maxLineBytes', options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES, 16, 1 << 28)
  const records = expectBoolean('records', options.records ?? false)
  const stream = records ? recordStream(scorer) : lineStream(new LineScorer(scorer, limit))
  return Object.defineProperty(stream as TransformStream & { counts: RecordCounts }, 'counts', {
    get: () => scorer.counts,
  })
}

function lineStream(lines: LineScorer): TransformStream<Uint8Array, Uint8Array> {
  const encoder = new TextEncoder()
  const write = (made: Lines, controller: TransformStreamDefaultController<Uint8Array>): void => {
    if (made.length > 0) controller.enqueue(typeof made === 'string' ? encoder.encode(made) : made)
  }
  return new TransformStream({
    transform(chunk: unknown, controller) {
      // Text would be taken for bytes that are all zero, and be lost.
      if (!(chunk instanceof Uint8Array)) {
        throw new TypeError('scoreStream: wanted chunks of bytes, or the option records')
      }
      const made = lines.push(chunk)
      return made instanceof Promise ? made.then((known) => write(known, controller)) : write(made, controller)
    },
    async flush(controller) {
      write(await lines.finish(), controller)
    },
  })
}

function recordStream(scorer: RecordScorer): TransformStream<unknown, unknown> {
  return new TransformStream({
    async transform(record, controller) {
      const answer = scorer.score(record)
      const { anomaly } = answer instanceof Promise ? await answer : answer
      controller.enqueue(anomaly === undefined ? record : withAnomaly(record, anomaly))
    },
  })
}

function withAnomaly(record: unknown, anomaly: Anomaly): unknown {
  try {
    return isRecord(record) ? { ...record, anomaly } : record
  } catch {
    // An event by the fields that were read, but one of the others is a getter that throws: it cannot be copied.
    return record
  }
}
