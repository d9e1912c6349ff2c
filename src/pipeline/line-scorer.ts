import { LineSplitter } from '../records/lines.ts'
import { DEFAULT_MAX_LINE_BYTES } from '../records/reader.ts'
import { isRecord, withoutMark } from '../records/row.ts'
import { AnomalyWriter } from './anomaly-text.ts'
import { withAnomaly } from './json-text.ts'
import { Output } from './output.ts'
import type { RecordScorer, RecordVerdict } from './record-scorer.ts'

type Made = string | readonly Uint8Array[]
type MaybePromise<T> = T | Promise<T>

/** Text or bytes, as they are written. */
export type Lines = string | Uint8Array<ArrayBuffer>

/**
 * Lines of JSON into the same lines, each record of which that is an event with an `anomaly` at its end. Everything else
 * goes out as it came in, to the byte, and in its place: what is no JSON or no event, empty lines, line ends, and lines
 * over the limit, which are passed on in parts and never held.
 */
export class LineScorer {
  readonly #scorer: RecordScorer
  readonly #writer: AnomalyWriter
  readonly #lines: LineSplitter
  readonly #out = new Output()
  /** What is written after the first answer that has to be waited for. */
  #late: MaybePromise<Made>[] = []

  /** @param maxLineBytes a longer line is not looked at */
  constructor(scorer: RecordScorer, maxLineBytes: number = DEFAULT_MAX_LINE_BYTES) {
    this.#scorer = scorer
    this.#writer = new AnomalyWriter(scorer.detector.model, scorer.detector.threshold, true)
    this.#lines = new LineSplitter(maxLineBytes, (_line, text, end, bytes, part) => {
      if (part > 1) this.#write(bytes === undefined ? text + end : [bytes, encoder.encode(end)])
      else this.#line(text, end, bytes, part === 0)
    })
  }

  /**
   * What is to be written for the lines that these bytes end; where the store is not synchronous, a promise of it, to be
   * waited for before the next bytes.
   *
   * @param bytes may be used again by the caller
   */
  push(bytes: Uint8Array): MaybePromise<Lines> {
    const { sliceBytes } = this.#lines
    if (bytes.length > sliceBytes) return this.#inSlices(bytes, 0)
    this.#lines.push(bytes)
    return this.#take()
  }

  /** The last line, where the input does not end with a line end. */
  finish(): MaybePromise<Lines> {
    this.#lines.finish()
    return this.#take()
  }

  /** The text of a line with its verdict, or as it is; for hosts that have lines and not bytes. */
  lineOf(text: string): MaybePromise<string> {
    return this.#scored(text, undefined) as MaybePromise<string>
  }

  #inSlices(bytes: Uint8Array, from: number): MaybePromise<Lines> {
    const { sliceBytes } = this.#lines
    for (let at = from; at < bytes.length; at += sliceBytes) {
      this.#lines.push(bytes.subarray(at, at + sliceBytes))
      if (this.#late.length === 0) continue
      // No more answers are waited for at a time than a slice has lines.
      return this.#settle().then(() => this.#inSlices(bytes, at + sliceBytes))
    }
    return this.#take()
  }

  #line(text: string, end: string, bytes: Uint8Array | undefined, whole: boolean): void {
    if (whole) this.#write(this.#scored(text, bytes))
    else {
      this.#scorer.pass()
      this.#write(bytes === undefined ? text : [bytes])
    }
    if (end !== '') this.#write(end)
  }

  #scored(text: string, bytes: Uint8Array | undefined): MaybePromise<Made> {
    const record = recordIn(text)
    if (record === undefined) {
      this.#scorer.pass()
      return bytes === undefined ? text : [bytes]
    }
    const answer = this.#scorer.score(record)
    const made = (verdict: RecordVerdict): Made => {
      const anomaly = this.#writer.of(verdict)
      if (anomaly === undefined) return bytes === undefined ? text : [bytes]
      return withAnomaly(text, bytes, record, anomaly)
    }
    return answer instanceof Promise ? answer.then(made) : made(answer)
  }

  #write(made: MaybePromise<Made>): void {
    if (this.#late.length > 0 || made instanceof Promise) this.#late.push(made)
    else this.#out.add(made)
  }

  #take(): MaybePromise<Lines> {
    return this.#late.length === 0 ? this.#out.take() : this.#settle().then(() => this.#out.take())
  }

  async #settle(): Promise<void> {
    const late = this.#late
    for (const made of late) this.#out.add(await made)
    this.#late = []
  }
}

const encoder = new TextEncoder()

/** What JSON object a line is; undefined where it is none. */
export function recordIn(text: string): Record<string, unknown> | undefined {
  if (!text.includes('{')) return undefined
  try {
    const value: unknown = JSON.parse(withoutMark(text))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
