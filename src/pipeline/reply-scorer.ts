import { parseAccessLine } from '../records/combined.ts'
import { LineSplitter } from '../records/lines.ts'
import { AnomalyWriter } from './anomaly-text.ts'
import { recordIn } from './line-scorer.ts'
import type { RecordScorer } from './record-scorer.ts'

/** What rsyslog is told of a message that is to stay as it is. */
const UNCHANGED = '{}\n'

/** What marks JSON within a message of syslog. */
const COOKIE = '@cee:'

/**
 * Answers rsyslog's mmexternal: for each line, a message, one line that says what to change of it. A message that tells
 * of what somebody did, as JSON or as a line of an access log, gets the property `$!anomaly`.
 */
export class ReplyScorer {
  readonly #scorer: RecordScorer
  readonly #writer: AnomalyWriter
  readonly #clock: () => number
  readonly #lines: LineSplitter
  #replies = ''

  /**
   * @param scorer with a store that answers at once
   * @param clock when a message happened that says no time
   */
  constructor(scorer: RecordScorer, maxLineBytes: number, clock: () => number) {
    this.#scorer = scorer
    this.#writer = new AnomalyWriter(scorer.detector.model, scorer.detector.threshold, true)
    this.#clock = clock
    this.#lines = new LineSplitter(maxLineBytes, (_line, text, end, _bytes, part) => {
      if (part === 0) this.#replies += this.#reply(text)
      else if (end.endsWith('\n')) {
        // A line over the limit came in parts; it is one message all the same.
        this.#scorer.pass()
        this.#replies += UNCHANGED
      }
    })
  }

  /** The replies to the messages that these bytes end. */
  push(bytes: Uint8Array): string {
    for (let at = 0; at < bytes.length; at += this.#lines.sliceBytes)
      this.#lines.push(bytes.subarray(at, at + this.#lines.sliceBytes))
    const replies = this.#replies
    this.#replies = ''
    return replies
  }

  #reply(message: string): string {
    const record = recordOf(message)
    const answer = this.#scorer.score(record, this.#clock())
    const known = answer instanceof Promise ? this.#scorer.unanswered() : answer
    const anomaly = this.#writer.of(known)
    return anomaly === undefined ? UNCHANGED : `{"$!":{"anomaly":${anomaly}}}\n`
  }
}

function recordOf(message: string): unknown {
  const text = message.trimStart()
  const json = recordIn(text.startsWith(COOKIE) ? text.slice(COOKIE.length) : text)
  if (json !== undefined) return json
  const access = parseAccessLine(text)
  return typeof access === 'string' ? undefined : access.record
}
