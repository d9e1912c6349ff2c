import { AT } from './baseline/layout.ts'
import { noteRarity } from './baseline/rarity.ts'
import type { BaselineSummary, Reason, Verdict } from './decision.ts'
import type { BehaviorEvent } from './event.ts'
import { describeFeature } from './features/describe.ts'
import { normalFeatures } from './features/normal.ts'
import { Observation } from './features/observation.ts'
import { Judgement } from './judgement.ts'
import type { Model } from './model.ts'
import { flagAtOf, type ThresholdOptions, Thresholds } from './thresholds.ts'

/** From this many events on, a user is judged by a history of his own. */
const OWN_HISTORY_EVENTS = 10

/**
 * Features, forest and verdict, once, for the middleware, the plug-ins, the service and the trainer alike.
 *
 * Each detector holds its own scratch: any number of them, with different models, live side by side. Calls are
 * synchronous, so one detector serves any number of concurrent requests.
 */
export class Detector {
  readonly model: Model
  readonly #thresholds: Thresholds
  readonly #observation: Observation
  /** The features of an event with nothing odd about it: what reasons are told against. */
  readonly #normal: Float32Array
  #normalScore: number | undefined
  readonly #contributions: Float64Array
  /** The baseline of somebody who was never seen. */
  readonly #nobody: Float32Array
  /** Events that the threshold of all has followed: a store may have an event learnt again, on a fresh copy. */
  readonly #followed = new WeakSet<BehaviorEvent>()

  /** @throws TypeError naming the option, what it got and what it wanted */
  constructor(model: Model, options: ThresholdOptions = {}) {
    this.model = model
    this.#thresholds = new Thresholds({ ...options, flagAt: options.flagAt ?? flagAtOf(model) })
    this.#observation = new Observation(model.featureSet, model.population)
    this.#normal = normalFeatures(model.featureSet, model.mean)
    this.#contributions = new Float64Array(model.featureSet.features.length)
    this.#nobody = new Float32Array(model.featureSet.layout.width)
  }

  /** Whether the model knows the event's type: without, it can neither be scored nor learnt. */
  knows(event: BehaviorEvent): boolean {
    return this.model.eventTypes.includes(event.eventType)
  }

  /**
   * The features of an event in the order of the feature set, from the baseline as it was before the event. The array
   * is the detector's own and is overwritten by the next call, and where reasons are first read.
   */
  features(event: BehaviorEvent, baseline: Float32Array | undefined): Float32Array {
    return this.#observation.observe(event, this.#typeOf(event), baseline ?? this.#nobody)
  }

  /**
   * Scores an event against the baseline as it was before it. Changes nothing.
   *
   * @param baseline the user's; undefined: a user never seen, judged as a member of the population
   * @param explain whether reasons are wanted even where the event is no anomaly
   * @throws RangeError where the model does not know the event's type, or its score is not a number
   */
  judge(event: BehaviorEvent, baseline: Float32Array | undefined, explain = false): Verdict {
    const vector = this.features(event, baseline)
    const score = this.#score(vector)
    if (Number.isNaN(score)) throw new RangeError('Got features that are not numbers when expected finite ones.')
    const percentile = this.model.scores.percentileOf(score)
    const cut = this.#thresholds.percentileFor(baseline ?? this.#nobody)
    const isAnomaly = percentile >= cut
    const events = baseline === undefined ? 0 : (baseline[AT.events] as number)
    const summary: BaselineSummary = { level: events >= OWN_HISTORY_EVENTS ? 'user' : 'population', events }
    const reasons = isAnomaly || explain ? this.#explainer(event, baseline) : undefined
    return new Judgement(score, percentile, this.model.scores.scoreAt(cut), isAnomaly, summary, reasons)
  }

  /**
   * Folds an event into the user's baseline.
   *
   * @param verdict what `judge` said of it; where it is not given, no threshold learns from it. The threshold of all
   *   follows an event once, however often a store has it learnt.
   * @throws RangeError where the model does not know the event's type
   */
  learn(event: BehaviorEvent, baseline: Float32Array, verdict?: Verdict): void {
    this.#observation.learn(event, this.#typeOf(event), baseline)
    if (verdict === undefined) return
    noteRarity(baseline, verdict.percentile)
    if (!this.#thresholds.holds || this.#followed.has(event)) return
    this.#followed.add(event)
    this.#thresholds.follow(verdict.percentile)
  }

  /** The percentile from which on events were to be anomalies. 0..1. */
  get flagAt(): number {
    return this.#thresholds.flagAt
  }

  /** The score from which on events are anomalies, where no user's own threshold says otherwise. 0..1. */
  get threshold(): number {
    return this.model.scores.scoreAt(this.#thresholds.forAll)
  }

  /** Six events in ten of ordinary activity have nothing odd about them at all: their score is known. */
  #score(vector: Float32Array): number {
    for (let i = 0; i < vector.length; i++) if (vector[i] !== this.#normal[i]) return this.model.forest.score(vector)
    this.#normalScore ??= this.model.forest.score(this.#normal)
    return this.#normalScore
  }

  #typeOf(event: BehaviorEvent): number {
    const index = this.model.eventTypes.indexOf(event.eventType)
    if (index < 0)
      throw new RangeError(`event_type: got one of ${event.eventType.length} characters that the model does not know`)
    return index
  }

  /** By the time that somebody asks, the baseline has learnt the event: a copy is kept, plain since that is cheapest. */
  #explainer(event: BehaviorEvent, baseline: Float32Array | undefined): () => Reason[] {
    const copy = new Array<number>(baseline?.length ?? 0)
    for (let i = 0; i < copy.length; i++) copy[i] = baseline?.[i] as number
    return () => {
      const before = baseline === undefined ? this.#nobody : Float32Array.from(copy)
      return this.#reasons(this.features(event, before), before)
    }
  }

  /** For the vector at hand, whose facts the observation still holds. */
  #reasons(vector: Float32Array, baseline: Float32Array): Reason[] {
    const { features } = this.model.featureSet
    const contributions = this.model.forest.explain(vector, this.#normal, this.#contributions)
    // The strongest surprise is one of the others: what it contributes is theirs.
    features.forEach(({ of }, i) => {
      if (of !== 'strongest') return
      const source = features.findIndex((feature, k) => feature.of === 'surprise' && vector[k] === vector[i])
      contributions[source] = (contributions[source] as number) + (contributions[i] as number)
    })
    return features
      .flatMap((feature, i): Reason[] => {
        const contribution = contributions[i] as number
        if (feature.of === 'strongest' || contribution === 0) return []
        const description = describeFeature(feature, this.#observation.facts, this.model.population, baseline)
        return [{ feature: feature.name, ...description, contribution }]
      })
      .sort((a, b) => b.contribution - a.contribution)
  }
}
