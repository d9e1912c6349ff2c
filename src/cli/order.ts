import { AT, readTime } from '../baseline/layout.ts'
import type { BehaviorEvent } from '../event.ts'
import { count } from './words.ts'

/**
 * Counts the events that come out of order. They are scored and learnt as if simultaneous with the user's latest: time
 * never runs backwards in a baseline. That is worth saying, since it makes sessions longer and denser than they were.
 */
export class OrderCheck {
  #latestMs = 0
  /** Events older than one before them in the log. */
  behindLog = 0
  /** Of these, events older than one of the same user: the ones whose features suffer. */
  behindUser = 0

  /** @param baseline the user's, as it was before the event */
  note({ timestampMs }: BehaviorEvent, baseline: Float32Array | undefined): void {
    if (timestampMs === undefined) return
    const nowMs = Math.floor(timestampMs)
    if (nowMs >= this.#latestMs) {
      this.#latestMs = nowMs
      return
    }
    this.behindLog++
    if (baseline !== undefined && (baseline[AT.lastTimed] as number) > 0 && nowMs < readTime(baseline, AT.lastEvent))
      this.behindUser++
  }

  summary(): string[] {
    if (this.behindLog === 0) return []
    return [
      `${count(this.behindLog, 'event')} out of order, ${count(this.behindUser, 'of them older', 'of them older')} than the same user's one before: taken as simultaneous with it`,
    ]
  }
}
