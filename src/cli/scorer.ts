import type { Verdict } from '../decision.ts'
import { Detector } from '../detector.ts'
import type { BehaviorEvent } from '../event.ts'
import type { Model } from '../model.ts'
import { type Answer, EventScorer, type Seen } from '../pipeline/event-scorer.ts'
import type { RecordScorerSettings } from '../pipeline/record-scorer.ts'
import type { RecordMap } from '../records/index.ts'
import { MemoryBaselines } from '../store/memory.ts'
import type { ThresholdOptions } from '../thresholds.ts'
import { CommandError, systemReason } from './exit.ts'
import { OrderCheck } from './order.ts'

/** Milliseconds to wait for baselines that are in memory. */
const NO_WAITING = 1

/** A log through the very path that serves requests: each event is judged by the past alone, then learnt. */
export class Scorer {
  readonly detector: Detector
  readonly baselines: MemoryBaselines
  /** The baseline of somebody who was never seen. */
  readonly nobody: Float32Array
  readonly order: OrderCheck = new OrderCheck()
  readonly #events: EventScorer
  readonly #noting: Seen = (_, baseline, event) => this.order.note(event, baseline)
  readonly #thresholds: ThresholdOptions
  events = 0
  flagged = 0

  /** @throws CommandError where the thresholds do not fit each other */
  constructor(model: Model, thresholds: ThresholdOptions, maxUsers: number) {
    try {
      this.detector = new Detector(model, thresholds)
    } catch (cause) {
      // It names the option, what it got and what it wanted.
      throw new CommandError(systemReason(cause), { cause })
    }
    this.#thresholds = thresholds
    this.nobody = new Float32Array(model.featureSet.layout.width)
    this.baselines = new MemoryBaselines(model.featureSet.layout.width, maxUsers)
    this.#events = new EventScorer(this.detector, this.baselines, NO_WAITING)
  }

  /** For records that are scored by themselves, with these baselines. */
  settings(map: RecordMap): RecordScorerSettings {
    const { baselines, detector } = this
    return {
      model: detector.model,
      store: { open: () => baselines },
      thresholds: this.#thresholds,
      map,
      explain: false,
      budgetMs: NO_WAITING,
    }
  }

  /** What came of an event; at once, since these baselines are at hand. */
  answer(event: BehaviorEvent, explain: boolean, seen?: Seen): Answer {
    const noting = seen === undefined ? this.#noting : this.#notingAnd(seen)
    const answer = this.#events.score(event, explain, noting) as Answer
    if (!answer.ok) return answer
    this.events++
    if (answer.verdict.isAnomaly) this.flagged++
    return answer
  }

  /**
   * @param explain whether reasons are wanted even where the event is no anomaly
   * @param seen called before the event is learnt, with the baseline as it was, undefined for a user never seen
   * @throws RangeError where the model cannot score the event
   */
  score(event: BehaviorEvent, explain = false, seen?: Seen): Verdict {
    const answer = this.answer(event, explain, seen)
    if (answer.ok) return answer.verdict
    throw new RangeError(answer.problem)
  }

  #notingAnd(seen: Seen): Seen {
    return (verdict, baseline, event) => {
      this.#noting(verdict, baseline, event)
      seen(verdict, baseline, event)
    }
  }
}
