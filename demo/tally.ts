import type { NotScored } from '../src/decision.ts'
import type { DemoRequest } from './client.ts'
import type { DemoDecision } from './headers.ts'

/** A request with a score. */
export interface Strange {
  readonly request: DemoRequest
  readonly decision: DemoDecision & { readonly score: number; readonly percentile: number }
}

/** What came of a replay, counted as it goes on, in memory that does not grow with it but for intruders' sessions. */
export class Tally {
  scored = 0
  flagged = 0
  readonly notScored: Map<NotScored | 'skipped', number> = new Map()
  /** Requests of intruders from when on they can be told, and how many of them were flagged. */
  odd = 0
  oddFlagged = 0
  /** The same by what the intruder does. */
  readonly oddKinds: Map<string, { requests: number; flagged: number }> = new Map()
  /** Every such session, and whether one of its requests was flagged. */
  readonly oddSessions: Map<string, boolean> = new Map()
  readonly #strangest: Strange[] = []
  readonly #most: number

  /** @param most users in the list of the strangest */
  constructor(most: number) {
    this.#most = most
  }

  /** The strangest request of each of the strangest users, strangest first. */
  get strangest(): readonly Strange[] {
    return this.#strangest
  }

  get normal(): number {
    return this.scored - this.odd
  }

  get normalFlagged(): number {
    return this.flagged - this.oddFlagged
  }

  count(request: DemoRequest, decision: DemoDecision): void {
    const { score, percentile, isAnomaly } = decision
    if (score === null || percentile === null) {
      if (decision.why !== undefined) this.notScored.set(decision.why, (this.notScored.get(decision.why) ?? 0) + 1)
      return
    }
    this.scored++
    if (isAnomaly) this.flagged++
    if (request.kind !== '') {
      this.odd++
      if (isAnomaly) this.oddFlagged++
      const kind = this.oddKinds.get(request.kind) ?? { requests: 0, flagged: 0 }
      kind.requests++
      if (isAnomaly) kind.flagged++
      this.oddKinds.set(request.kind, kind)
      this.oddSessions.set(request.session, isAnomaly || this.oddSessions.get(request.session) === true)
    }
    this.#rank({ request, decision: { ...decision, score, percentile } })
  }

  #rank(strange: Strange): void {
    const list = this.#strangest
    const known = list.findIndex(({ request }) => request.user === strange.request.user)
    if (known >= 0) {
      if ((list[known] as Strange).decision.score >= strange.decision.score) return
      list.splice(known, 1)
    }
    // Of equal scores the earlier stays first: the list does not depend on chance.
    const place = list.findIndex(({ decision }) => decision.score < strange.decision.score)
    list.splice(place < 0 ? list.length : place, 0, strange)
    if (list.length > this.#most) list.pop()
  }
}
