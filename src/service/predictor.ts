import { type Decision, decide, decideUnscored, type Policy, type Verdict } from '../decision.ts'
import { Detector } from '../detector.ts'
import { DriftMonitor } from '../drift.ts'
import type { BehaviorEvent } from '../event.ts'
import { userKey } from '../identity.ts'
import { layoutOf, summaryOf } from '../model.ts'
import type { BaselineChange, Baselines } from '../store/contract.ts'
import type { ServiceSettings } from './settings.ts'

export interface Wishes {
  /** Whether baselines learn the events; without, nothing is left behind. */
  readonly learn: boolean
  /** Which events get reasons. */
  readonly reasons: 'none' | 'anomalies' | 'all'
}

/**
 * Events into decisions, by the very path that the middleware and the trainer walk. Each event is judged by what was known
 * before it, and learnt in the same step, so that of two requests about one user at a time neither misses the other.
 */
export class Predictor {
  readonly detector: Detector
  readonly drift: DriftMonitor
  readonly baselines: Baselines
  readonly #policy: Policy
  readonly #model: Decision['model']
  readonly #width: number

  constructor({ model, store, thresholds, blockAt }: ServiceSettings) {
    this.detector = new Detector(model, thresholds)
    this.drift = new DriftMonitor(model)
    this.#width = model.featureSet.layout.width
    this.baselines = store.open(layoutOf(model))
    this.#model = summaryOf(model)
    // What the caller does about it is the caller's: the outcome is what enforcing would do.
    const onFailure = {
      no_identity: 'allow',
      bad_event: 'allow',
      timeout: 'allow',
      store: 'allow',
      model: 'allow',
    } as const
    this.#policy = { mode: 'enforce', blockAt, onFailure }
  }

  /**
   * The decisions on events, in their order. What cannot be scored, since the store or the model fails, is a decision
   * that says so. Waits for nothing where the store is at hand.
   */
  judge(events: readonly BehaviorEvent[], wishes: Wishes): readonly Decision[] | Promise<readonly Decision[]> {
    const steps = events.map((event) => new Step(this, event, wishes))
    const { baselines } = this
    const far = wishes.learn ? baselines.updateMany : baselines.readMany
    if (far === undefined) {
      const waiting = this.#oneByOne(steps, wishes)
      return waiting === undefined ? this.#decisions(steps) : waiting.then(() => this.#decisions(steps))
    }
    return this.#together(steps, wishes).then(() => this.#decisions(steps))
  }

  /** Folds events into baselines without scoring them. @returns for each whether it was learnt */
  async teach(events: readonly BehaviorEvent[]): Promise<readonly boolean[]> {
    const changes = events.flatMap(({ userId }, i) => {
      const key = userKey(userId)
      const event = events[i] as BehaviorEvent
      const change = (own: Float32Array): void => this.detector.learn(event, own)
      return key === undefined ? [] : [{ key, change }]
    })
    await updateAll(this.baselines, changes)
    return events.map(({ userId }) => userKey(userId) !== undefined)
  }

  /** @returns a promise where there is something to wait for */
  #oneByOne(steps: readonly Step[], wishes: Wishes): Promise<void> | undefined {
    for (const [i, step] of steps.entries()) {
      const waiting = this.#take(step, wishes)
      if (waiting !== undefined) return waiting.then(() => this.#oneByOne(steps.slice(i + 1), wishes))
    }
    return undefined
  }

  #take(step: Step, wishes: Wishes): Promise<void> | undefined {
    const { key } = step
    if (key === undefined) return undefined
    try {
      if (wishes.learn) {
        const learning = this.baselines.update(key, step.change)
        return learning === undefined ? undefined : learning.catch(() => step.fail('store'))
      }
      const baseline = this.baselines.read(key)
      if (!(baseline instanceof Promise)) return void step.look(this.#fitting(baseline))
      return baseline.then((known) => step.look(this.#fitting(known))).catch(() => step.fail('store'))
    } catch {
      return void step.fail('store')
    }
  }

  async #together(steps: readonly Step[], wishes: Wishes): Promise<void> {
    const known = steps.filter((step) => step.key !== undefined)
    try {
      if (wishes.learn) {
        await this.baselines.updateMany?.(known.map(({ key = '', change }) => ({ key, change })))
      } else {
        const keys = [...new Set(known.map(({ key = '' }) => key))]
        const found = (await this.baselines.readMany?.(keys)) ?? []
        const byKey = new Map(keys.map((key, i) => [key, found[i]]))
        for (const step of known) step.look(this.#fitting(byKey.get(step.key ?? '')))
      }
    } catch {
      for (const step of known) step.fail('store')
    }
  }

  /** @throws RangeError where a store that keeps its baselines elsewhere got something else back */
  #fitting(baseline: Float32Array | undefined): Float32Array | undefined {
    if (baseline === undefined || baseline.length === this.#width) return baseline
    throw new RangeError(`got a baseline of ${baseline.length} numbers when expected ${this.#width}`)
  }

  #decisions(steps: readonly Step[]): readonly Decision[] {
    return steps.map(({ verdict, failure }) =>
      verdict === undefined
        ? decideUnscored(failure, this.#policy, this.detector.threshold, this.#model)
        : decide(verdict, this.#policy, this.#model),
    )
  }
}

/** Makes changes, in one trip where the store can. */
async function updateAll(baselines: Baselines, changes: readonly BaselineChange[]): Promise<void> {
  if (baselines.updateMany !== undefined) return baselines.updateMany(changes)
  for (const { key, change } of changes) await baselines.update(key, change)
}

/** One event on its way. */
class Step {
  readonly key: string | undefined
  readonly change: (baseline: Float32Array) => void
  verdict: Verdict | undefined
  failure: 'no_identity' | 'store' | 'model' = 'no_identity'
  #counted = false
  readonly #predictor: Predictor
  readonly #event: BehaviorEvent
  readonly #explain: boolean

  constructor(predictor: Predictor, event: BehaviorEvent, { reasons }: Wishes) {
    this.#predictor = predictor
    this.#event = event
    this.#explain = reasons === 'all'
    this.key = userKey(event.userId)
    this.change = (baseline) => this.#learn(baseline)
  }

  /** Judges and leaves no trace. */
  look(baseline: Float32Array | undefined): void {
    try {
      this.verdict = this.#predictor.detector.judge(this.#event, baseline, this.#explain)
    } catch {
      this.fail('model')
    }
  }

  fail(failure: 'store' | 'model'): void {
    this.verdict = undefined
    this.failure = failure
  }

  #learn(baseline: Float32Array): void {
    this.look(baseline)
    if (this.verdict === undefined) return
    const { detector, drift } = this.#predictor
    // A store may have the event learnt again, where somebody else changed the baseline at the same time.
    if (!this.#counted) drift.add(detector.features(this.#event, baseline))
    this.#counted = true
    detector.learn(this.#event, baseline, this.verdict)
  }
}
