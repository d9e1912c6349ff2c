import type { Context } from 'hono'
import { type Decision, decide, decideUnscored, type NotScored, type Verdict } from '../src/decision.ts'
import { Detector } from '../src/detector.ts'
import type { BehaviorEvent } from '../src/event.ts'
import { layoutOf, summaryOf } from '../src/model.ts'
import { isPromise } from '../src/promise.ts'
import { LATE, withinBudget } from '../src/store/budget.ts'
import type { Baselines } from '../src/store/contract.ts'
import { type Clock, eventOf, withOutcome } from './event.ts'
import { identify } from './identify.ts'
import type { Settings } from './options.ts'

/** What is known of a request once it has been looked at. */
export interface Assessment {
  readonly decision: Decision
  /** Whose baseline it was held against; undefined where nobody is known. */
  readonly key: string | undefined
  /** What teaches: only an event that was scored. */
  readonly lesson: Lesson | undefined
}

/** What a baseline learns from. */
export interface Lesson {
  readonly key: string
  readonly event: BehaviorEvent
  readonly verdict: Verdict
}

/**
 * Request -> decision: identity, event, baseline, verdict. Whatever fails on the way, in the application's own functions
 * too, becomes a decision that says so; nothing is thrown. Stays synchronous unless the application's `identify` or the
 * store are not.
 */
export class Assessor {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #detector: Detector
  readonly #baselines: Baselines
  readonly #width: number
  readonly #model: Decision['model']

  constructor(settings: Settings, clock: Clock) {
    const { model, thresholds, store } = settings
    this.#settings = settings
    this.#clock = clock
    this.#detector = new Detector(model, thresholds)
    this.#width = model.featureSet.layout.width
    this.#baselines = store.open(layoutOf(model))
    this.#model = Object.freeze(summaryOf(model))
  }

  assess(c: Context): Assessment | Promise<Assessment> {
    try {
      const key = identify(c, this.#settings)
      if (!isPromise(key)) return this.#assessUser(c, key)
      return key.then(
        (known) => this.#assessUser(c, known),
        () => this.#unscored('no_identity'),
      )
    } catch {
      return this.#unscored('no_identity')
    }
  }

  /** The decision on a request that the application wants left alone. */
  skip(): Decision {
    return this.#unscored('skipped').decision
  }

  /**
   * Folds an event and what came of it into its user's baseline.
   *
   * @returns what there is to wait for, where the store is asynchronous
   */
  learn(c: Context, { key, event, verdict }: Lesson): void | Promise<void> {
    const whole = withOutcome(event, c)
    return this.#baselines.update(key, (baseline) => this.#detector.learn(whole, baseline, verdict))
  }

  #assessUser(c: Context, key: string | undefined): Assessment | Promise<Assessment> {
    if (key === undefined) return this.#unscored('no_identity')
    const event = this.#eventOf(c, key)
    if (event === undefined) return this.#unscored('bad_event', key)
    try {
      const baseline = this.#baselines.read(key)
      if (!isPromise(baseline)) return this.#judge(key, event, baseline)
      return withinBudget(baseline, this.#settings.budgetMs)
        .then((known) => (known === LATE ? this.#unscored('timeout', key) : this.#judge(key, event, known)))
        .catch(() => this.#unscored('store', key))
    } catch {
      return this.#unscored('store', key)
    }
  }

  #eventOf(c: Context, key: string): BehaviorEvent | undefined {
    try {
      const event = eventOf(c, key, this.#settings.classify, this.#clock)
      return this.#detector.knows(event) ? event : undefined
    } catch {
      return undefined
    }
  }

  #judge(key: string, event: BehaviorEvent, baseline: Float32Array | undefined): Assessment {
    // A store that keeps its baselines elsewhere may have got something else back.
    if (baseline !== undefined && baseline.length !== this.#width) return this.#unscored('store', key)
    const { policy, explain } = this.#settings
    try {
      const verdict = this.#detector.judge(event, baseline, explain)
      return { decision: decide(verdict, policy, this.#model), key, lesson: { key, event, verdict } }
    } catch {
      return this.#unscored('model', key)
    }
  }

  #unscored(why: NotScored | 'skipped', key?: string): Assessment {
    const { policy } = this.#settings
    return { decision: decideUnscored(why, policy, this.#detector.threshold, this.#model), key, lesson: undefined }
  }
}
