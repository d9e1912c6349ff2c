import type { Judged } from '../../model/evaluate.ts'
import type { Verdict } from '../decision.ts'

/** What was said of each event, beside what it was: grows with the log, 17 bytes an event. */
export class Judgements {
  readonly kinds: string[] = []
  #scores = new Float64Array(4096)
  #flagged = new Uint8Array(4096)
  events = 0
  /** Events whose label marks them. */
  odd = 0

  add({ score, isAnomaly }: Verdict, kind: string): void {
    if (this.events === this.#scores.length) {
      const scores = new Float64Array(2 * this.events)
      scores.set(this.#scores)
      this.#scores = scores
      const flagged = new Uint8Array(2 * this.events)
      flagged.set(this.#flagged)
      this.#flagged = flagged
    }
    this.#scores[this.events] = score
    this.#flagged[this.events] = isAnomaly ? 1 : 0
    this.kinds.push(kind)
    this.events++
    if (kind !== '') this.odd++
  }

  judged(): Judged {
    return { scores: this.#scores.subarray(0, this.events), flagged: this.#flagged.subarray(0, this.events) }
  }
}
