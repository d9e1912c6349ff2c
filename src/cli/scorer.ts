import type { Verdict } from '../decision.ts'
import { Detector } from '../detector.ts'
import type { BehaviorEvent } from '../event.ts'
import type { Model } from '../model.ts'
import { MemoryBaselines } from '../store/memory.ts'
import type { ThresholdOptions } from '../thresholds.ts'
import { CommandError, systemReason } from './exit.ts'
import { OrderCheck } from './order.ts'

/** A log through the very path that serves requests: each event is judged by the past alone, then learnt. */
export class Scorer {
  readonly detector: Detector
  readonly baselines: MemoryBaselines
  /** The baseline of somebody who was never seen. */
  readonly nobody: Float32Array
  readonly order: OrderCheck = new OrderCheck()
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
    this.nobody = new Float32Array(model.featureSet.layout.width)
    this.baselines = new MemoryBaselines(model.featureSet.layout.width, maxUsers)
  }

  /**
   * @param explain whether reasons are wanted even where the event is no anomaly
   * @param seen called before the event is learnt, with the baseline as it was, undefined for a user never seen
   */
  score(
    event: BehaviorEvent,
    explain = false,
    seen?: (verdict: Verdict, baseline: Float32Array | undefined) => void,
  ): Verdict {
    const { detector, baselines } = this
    const baseline = baselines.read(event.userId)
    this.order.note(event, baseline)
    const verdict = detector.judge(event, baseline, explain)
    seen?.(verdict, baseline)
    baselines.update(event.userId, (own) => detector.learn(event, own, verdict))
    this.events++
    if (verdict.isAnomaly) this.flagged++
    return verdict
  }
}
