import type { Verdict } from '../../decision.ts'
import type { BehaviorEvent } from '../../event.ts'

export interface Strange {
  readonly event: BehaviorEvent
  readonly verdict: Verdict
  /** `events.csv, line 17`. */
  readonly place: string
  /** What the labels say of it, where there are any. */
  readonly kind: string | undefined
}

/** The strangest event of each of the users with the strangest: one burst of one user must not fill the list. */
export class Strangest {
  readonly #most: number
  #list: Strange[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** @param place asked only where the event is among the strangest */
  offer(event: BehaviorEvent, verdict: Verdict, place: () => string, kind: string | undefined): void {
    const least = this.#list.at(-1)
    if (least !== undefined && this.#list.length === this.#most && verdict.score <= least.verdict.score) return
    const same = this.#list.find((strange) => strange.event.userId === event.userId)
    if (same !== undefined && same.verdict.score >= verdict.score) return
    this.#list = this.#list.filter((strange) => strange !== same)
    this.#list.push({ event, verdict, place: place(), kind })
    // Stable: of equal scores the earlier event stays before the later.
    this.#list.sort((a, b) => b.verdict.score - a.verdict.score)
    this.#list.length = Math.min(this.#list.length, this.#most)
  }

  /** Strangest first. */
  list(): readonly Strange[] {
    return this.#list
  }
}
