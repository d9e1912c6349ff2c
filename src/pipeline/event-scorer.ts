import { AT } from '../baseline/layout.ts'
import type { NotScored, Verdict } from '../decision.ts'
import type { Detector } from '../detector.ts'
import type { BehaviorEvent } from '../event.ts'
import { isPromise } from '../promise.ts'
import { LATE, withinBudget } from '../store/budget.ts'
import type { Baselines } from '../store/contract.ts'

/** What came of an event: its verdict, or why there is none. */
export type Answer =
  | { readonly ok: true; readonly verdict: Verdict }
  | { readonly ok: false; readonly why: NotScored; readonly problem: string }

/** Sees the baseline as it was before the event was learnt: undefined for a user never seen. */
export type Seen = (verdict: Verdict, baseline: Float32Array | undefined, event: BehaviorEvent) => void

/**
 * Events through the very path that serves requests: each is judged by the past alone, then learnt, in one step of the
 * store. Never throws and never rejects. With a synchronous store the answer is there at once. With another, the events
 * of one user wait for each other, so that each is judged with all before it learnt; those of different users do not. The
 * next waits no longer than the budget: what a late store learns then, it learns whenever it comes to it.
 */
export class EventScorer {
  readonly detector: Detector
  readonly #baselines: Baselines
  readonly #budgetMs: number
  #step: Step
  /** What the next event of a user waits for: only users with an event on its way are here. */
  readonly #latest = new Map<string, Promise<Answer>>()

  /** @param budgetMs how long an asynchronous store may take for one event */
  constructor(detector: Detector, baselines: Baselines, budgetMs: number) {
    this.detector = detector
    this.#baselines = baselines
    this.#budgetMs = budgetMs
    this.#step = new Step(detector)
  }

  /** @param explain whether reasons are wanted even where the event is no anomaly */
  score(event: BehaviorEvent, explain: boolean, seen?: Seen): Answer | Promise<Answer> {
    const before = this.#latest.size === 0 ? undefined : this.#latest.get(event.userId)
    if (before !== undefined) {
      return this.#queue(
        event.userId,
        before.then(() => this.#start(event, explain, seen)),
      )
    }
    const answer = this.#start(event, explain, seen)
    return answer instanceof Promise ? this.#queue(event.userId, answer) : answer
  }

  /** What scoring would say, and nothing is learnt; undefined where there is no answer, or none at once. */
  peek(event: BehaviorEvent): Verdict | undefined {
    try {
      const baseline = this.#baselines.read(event.userId)
      if (!isPromise(baseline)) return this.detector.judge(event, baseline)
      baseline.catch(() => undefined)
      return undefined
    } catch {
      return undefined
    }
  }

  #queue(key: string, judging: Promise<Answer>): Promise<Answer> {
    this.#latest.set(key, judging)
    return judging.then((answer) => {
      if (this.#latest.get(key) === judging) this.#latest.delete(key)
      return answer
    })
  }

  #start(event: BehaviorEvent, explain: boolean, seen: Seen | undefined): Answer | Promise<Answer> {
    const step = this.#step
    step.begin(event, explain, seen)
    try {
      const learning = this.#baselines.update(event.userId, step.change)
      if (!isPromise(learning)) return step.answer
      // This one stays with what has been begun.
      this.#step = new Step(this.detector)
      return withinBudget(learning, this.#budgetMs).then(
        (done) => (done === LATE ? TOO_LATE : step.answer),
        () => UNREACHABLE,
      )
    } catch {
      return UNREACHABLE
    }
  }
}

const UNREACHABLE: Answer = { ok: false, why: 'store', problem: 'the store could not keep the baseline' }
const TOO_LATE: Answer = { ok: false, why: 'timeout', problem: 'the store took too long' }

const NOBODY: BehaviorEvent = {
  userId: '',
  eventType: '',
  deviceType: 'desktop',
  hourOfDay: 0,
  dayOfWeek: 0,
  sessionDurationSec: undefined,
  eventsInSession: undefined,
  timestampMs: undefined,
}

/**
 * One event's judging and learning, which a store may do again on a fresh copy where another writer was faster. Used for
 * one event after the other where the store is synchronous, since a function for each costs as much as reading it.
 */
class Step {
  answer: Answer = UNREACHABLE
  readonly change: (baseline: Float32Array) => void
  #event = NOBODY
  #explain = false
  #seen: Seen | undefined

  constructor(detector: Detector) {
    this.change = (own) => {
      try {
        const event = this.#event
        // One of zeros is new: somebody never seen.
        const baseline = (own[AT.events] as number) === 0 ? undefined : own
        const verdict = detector.judge(event, baseline, this.#explain)
        this.#seen?.(verdict, baseline, event)
        detector.learn(event, own, verdict)
        this.answer = { ok: true, verdict }
      } catch (error) {
        // The model's trouble with one event is not the stream's.
        this.answer = { ok: false, why: 'model', problem: error instanceof Error ? error.message : 'not scored' }
      }
    }
  }

  begin(event: BehaviorEvent, explain: boolean, seen: Seen | undefined): void {
    this.answer = UNREACHABLE
    this.#event = event
    this.#explain = explain
    this.#seen = seen
  }
}
