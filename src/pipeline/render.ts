import type { BehaviorEvent } from '../event.ts'
import type { EventRow, ProblemRow, Row } from '../records/index.ts'
import { withoutMark } from '../records/row.ts'
import type { AnomalyWriter } from './anomaly-text.ts'
import type { Answer } from './event-scorer.ts'
import { binaryText, FIELD, withAnomaly, withMember } from './json-text.ts'
import type { Output } from './output.ts'

type EventOf = (row: EventRow) => BehaviorEvent

/** Whoever has the answer to an event at once. */
export interface Answerer {
  answer(event: BehaviorEvent, explain: boolean): Answer
}

/**
 * Rows into lines of NDJSON, one for each record, in order, each with its `anomaly` object.
 *
 * - A JSON object stays as it was written; `anomaly` is added at its end, in the place of one that it already has.
 * - A record of CSV or of an access log becomes an object by the log's own names.
 * - A line that is no record is `{"line":17,"text":"…"}`, with `bytes_base64` where the text was no valid UTF-8. A line
 *   over the limit comes in parts, which go out as they come, as one such object.
 *
 * An empty line of NDJSON stays one, so that whoever counts lines finds as many.
 */
export class Renderer {
  readonly #scorer: Answerer
  readonly #writer: AnomalyWriter
  readonly #explain: boolean
  /** What ends the line that goes out in parts. */
  #open: string | undefined

  /** @param explain whether every event gets reasons, not only anomalies */
  constructor(scorer: Answerer, writer: AnomalyWriter, explain: boolean) {
    this.#scorer = scorer
    this.#writer = writer
    this.#explain = explain
  }

  /**
   * @param eventOf the event of a row, under the key of its user's baseline
   * @param out gets what is to be written; texts, and bytes where the record's own are no valid UTF-8
   */
  render(rows: readonly Row[], format: string | undefined, eventOf: EventOf, out: Output): void {
    const json = format === 'ndjson'
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Row
      if (row.kind === 'rest') {
        out.text(JSON.stringify(row.text).slice(1, -1))
        continue
      }
      if (this.#open !== undefined) this.finish(out)
      if (row.kind === 'event') this.#record(row, json, this.#judge(eventOf(row)), out)
      else if (row.kind === 'problem') this.#problem(row, json, out)
      else if (row.kind === 'blank' && json) out.text('\n')
    }
  }

  /** Ends a line that went out in parts: at the end of an input, there is no further row to do it. */
  finish(out: Output): void {
    if (this.#open !== undefined) out.text(this.#open)
    this.#open = undefined
  }

  #judge(event: BehaviorEvent): string {
    const answer = this.#scorer.answer(event, this.#explain)
    return answer.ok ? this.#writer.scored(answer.verdict) : this.#writer.notScored(answer.why, answer.problem)
  }

  #problem(row: ProblemRow, json: boolean, out: Output): void {
    const anomaly = this.#writer.notScored('bad_event', row.reason)
    const { line, text, end, bytes, record } = row
    if (record !== undefined) {
      this.#record(row, json, anomaly, out)
      return
    }
    const start = `{"line":${line},"text":${JSON.stringify(text)}`
    const close = `${base64(bytes)},"${FIELD}":${anomaly}}\n`
    // Without a line end, either the input ends here or a further part of the line follows.
    if (end.endsWith('\n')) {
      out.text(start + close)
    } else {
      out.text(start.slice(0, -1))
      this.#open = `"${close}`
    }
  }

  #record(row: EventRow | ProblemRow, json: boolean, anomaly: string, out: Output): void {
    const { bytes, record } = row
    if (json && record !== undefined) {
      out.add(withAnomaly(withoutMark(row.text), bytes, record, anomaly))
      out.text('\n')
      return
    }
    const again = record !== undefined && Object.hasOwn(record, FIELD)
    const object = JSON.stringify(again ? { ...record, [FIELD]: undefined } : record)
    out.text(`${withMember(object, `"${FIELD}":${anomaly}${base64(bytes)}`)}\n`)
  }
}

function base64(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return ''
  return `,"bytes_base64":"${btoa(binaryText(bytes))}"`
}
