import { type ModelSummary, NOT_SCORED, type NotScored, type Verdict } from '../decision.ts'
import { Detector } from '../detector.ts'
import { type BehaviorEvent, formatProblems } from '../event.ts'
import { layoutOf, type Model, summaryOf } from '../model.ts'
import type { MappedEvent, Unmapped } from '../records/activity.ts'
import { type RecordMap, type RecordMapper, recordMapper } from '../records/record-map.ts'
import type { BaselineStore } from '../store/contract.ts'
import type { ThresholdOptions } from '../thresholds.ts'
import { type Anomaly, anomalyOf, unscoredAnomaly } from './anomaly.ts'
import { type Answer, EventScorer } from './event-scorer.ts'

/** Everything settled: `plugins/shared/settings.ts` makes these from what an application gives. */
export interface RecordScorerSettings {
  readonly model: Model
  readonly store: BaselineStore
  readonly thresholds: ThresholdOptions
  readonly map: RecordMap
  /** Whether what is no anomaly gets reasons too. */
  readonly explain: boolean
  /** How long an asynchronous store may take for one event. */
  readonly budgetMs: number
}

/** Why a record has no score: `no_event` for one that tells of nothing that somebody did. */
export type WhyUnscored = NotScored | 'no_event'

/** What came of a record. */
export type RecordVerdict =
  | {
      readonly scored: true
      readonly event: BehaviorEvent
      readonly verdict: Verdict
      /** What the record gets; made when it is first read. */
      readonly anomaly: Anomaly
    }
  | {
      readonly scored: false
      readonly why: WhyUnscored
      /** In words; names fields, never who. */
      readonly problem: string
      /** For a record that is an event, but could not be scored; undefined: the record is to pass as it is. */
      readonly anomaly: Anomaly | undefined
    }

export interface RecordCounts {
  readonly records: number
  readonly scored: number
  readonly flagged: number
  /** By why; they add up to the records that were not scored. */
  readonly unscored: Readonly<Record<WhyUnscored, number>>
}

/**
 * Records of a log into verdicts: mapped, judged by the past alone, learnt, counted. One for each stream. Never throws
 * and never rejects, whatever a record holds.
 */
export class RecordScorer {
  readonly detector: Detector
  readonly #events: EventScorer
  readonly #toEvent: RecordMapper
  readonly #explain: boolean
  readonly #model: ModelSummary
  readonly #unscored = Object.fromEntries([...NOT_SCORED, 'no_event'].map((why) => [why, 0])) as Record<
    WhyUnscored,
    number
  >
  #records = 0
  #scored = 0
  #flagged = 0

  /** @throws TypeError or RecordsError that says which setting is wrong */
  constructor({ model, store, thresholds, map, explain, budgetMs }: RecordScorerSettings) {
    this.detector = new Detector(model, thresholds)
    this.#toEvent = recordMapper(map, model.eventTypes)
    const baselines = store.open(layoutOf(model))
    this.#events = new EventScorer(this.detector, baselines, budgetMs)
    this.#explain = explain
    this.#model = summaryOf(model)
  }

  /**
   * @param nowMs the time of a record that tells none: for hosts whose records come as they happen
   * @returns at once where the store is synchronous. Answers to several records may come in any order where it is not;
   * each user's events are judged in the order of the calls all the same.
   */
  score(record: unknown, nowMs?: number): RecordVerdict | Promise<RecordVerdict> {
    this.#records++
    const mapped = this.#toEvent(record, nowMs)
    if (!mapped.ok) return this.#unmapped(mapped)
    const { event } = mapped
    const answer = this.#events.score(event, this.#explain)
    return answer instanceof Promise
      ? answer.then((known) => this.#verdict(event, known))
      : this.#verdict(event, answer)
  }

  /** The verdicts on records that came together, in their order. Their number is what bounds the memory taken. */
  scoreAll(records: readonly unknown[], nowMs?: number): RecordVerdict[] | Promise<RecordVerdict[]> {
    const verdicts = records.map((record) => this.score(record, nowMs))
    return verdicts.some((verdict) => verdict instanceof Promise)
      ? Promise.all(verdicts)
      : (verdicts as RecordVerdict[])
  }

  /** Counts a record that could not be read at all. */
  pass(): void {
    this.#records++
    this.#unscored.no_event++
  }

  /**
   * The answer for a host that cannot wait for the one of {@link score}: what a far store says comes too late. It is
   * learnt and counted all the same.
   */
  unanswered(): RecordVerdict {
    const problem = 'the store does not answer at once'
    const anomaly = unscoredAnomaly('timeout', problem, this.detector.threshold, this.#model)
    return { scored: false, why: 'timeout', problem, anomaly }
  }

  /** What {@link score} would say, where that can be said at once; nothing is learnt or counted. */
  peek(record: unknown, nowMs?: number): Verdict | undefined {
    const mapped = this.#toEvent(record, nowMs)
    return mapped.ok ? this.#events.peek(mapped.event) : undefined
  }

  /** So far; a new object each time. */
  get counts(): RecordCounts {
    return {
      records: this.#records,
      scored: this.#scored,
      flagged: this.#flagged,
      unscored: { ...this.#unscored },
    }
  }

  #verdict(event: BehaviorEvent, answer: Answer): RecordVerdict {
    if (!answer.ok) {
      const { why, problem } = answer
      this.#unscored[why]++
      const anomaly = unscoredAnomaly(why, problem, this.detector.threshold, this.#model)
      return { scored: false, why, problem, anomaly }
    }
    const { verdict } = answer
    this.#scored++
    if (verdict.isAnomaly) this.#flagged++
    return new ScoredRecord(event, verdict, this.#model)
  }

  #unmapped(mapped: MappedEvent & { readonly ok: false; readonly why: Unmapped }): RecordVerdict {
    const { why } = mapped
    this.#unscored[why]++
    return new Unscorable(why, mapped)
  }
}

/** Who writes text does without the object. */
class ScoredRecord {
  readonly scored = true
  readonly event: BehaviorEvent
  readonly verdict: Verdict
  readonly #model: ModelSummary
  #anomaly: Anomaly | undefined

  constructor(event: BehaviorEvent, verdict: Verdict, model: ModelSummary) {
    this.event = event
    this.verdict = verdict
    this.#model = model
  }

  get anomaly(): Anomaly {
    this.#anomaly ??= anomalyOf(this.verdict, this.#model)
    return this.#anomaly
  }
}

/** Most lines of a log are no events: what is wrong with them is put into words only for those who ask. */
class Unscorable {
  readonly scored = false
  readonly why: WhyUnscored
  readonly anomaly = undefined
  readonly #mapped: MappedEvent & { readonly ok: false }

  constructor(why: WhyUnscored, mapped: MappedEvent & { readonly ok: false }) {
    this.why = why
    this.#mapped = mapped
  }

  get problem(): string {
    return formatProblems(this.#mapped.problems)
  }
}
