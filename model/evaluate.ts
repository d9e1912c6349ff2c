import { Detector } from '../src/detector.ts'
import type { BehaviorEvent } from '../src/event.ts'
import { averagePrecision, precisionAtTop, rocAuc } from '../src/metrics.ts'
import type { Model } from '../src/model.ts'
import { MemoryBaselines } from '../src/store/memory.ts'

/** How well a model tells odd events from normal ones. */
export interface Evaluation {
  readonly events: number
  /** Share of labelled events. */
  readonly anomalies: number
  readonly rocAuc: number
  readonly averagePrecision: number
  /** Share of labelled events among the 2% that score highest. */
  readonly precisionAtTop2: number
  /** Share of events at or over the threshold. */
  readonly flagged: number
  readonly kinds: readonly KindEvaluation[]
}

export interface KindEvaluation {
  readonly kind: string
  readonly events: number
  /** Of this kind against the normal events. */
  readonly rocAuc: number
  /** Share of this kind at or over the threshold. */
  readonly recall: number
}

/**
 * Scores a log as it would have been served: every event against the past alone, starting with empty baselines.
 *
 * @returns the scores in order, each within 0..1
 */
export function scoreOnline(
  model: Model,
  events: Iterable<BehaviorEvent>,
  flagAt: number,
  maxUsers = 1_000_000,
): Float64Array {
  const detector = new Detector(model, flagAt)
  const baselines = new MemoryBaselines(model.featureSet.layout.width, maxUsers)
  const scores: number[] = []
  for (const event of events) {
    scores.push(detector.judge(event, baselines.read(event.userId)).score)
    baselines.update(event.userId, (baseline) => detector.learn(event, baseline))
  }
  return Float64Array.from(scores)
}

/** @param kinds one for each score, empty for normal */
export function evaluate(scores: Float64Array, kinds: readonly string[], threshold: number): Evaluation {
  const labels = Uint8Array.from(kinds, (kind) => (kind === '' ? 0 : 1))
  const names = [...new Set(kinds)].filter((kind) => kind !== '').sort()
  return {
    events: scores.length,
    anomalies: labels.reduce((sum, label) => sum + label, 0) / scores.length,
    rocAuc: rocAuc(labels, scores),
    averagePrecision: averagePrecision(labels, scores),
    precisionAtTop2: precisionAtTop(labels, scores, 0.02),
    flagged: scores.filter((score) => score >= threshold).length / scores.length,
    kinds: names.map((name) => {
      const mine = kinds.flatMap((kind, i) => (kind === name || kind === '' ? [i] : []))
      const mineScores = Float64Array.from(mine, (i) => scores[i] as number)
      const mineLabels = Uint8Array.from(mine, (i) => (kinds[i] === name ? 1 : 0))
      const odd = mine.filter((i) => kinds[i] === name)
      return {
        kind: name,
        events: odd.length,
        rocAuc: rocAuc(mineLabels, mineScores),
        recall: odd.filter((i) => (scores[i] as number) >= threshold).length / odd.length,
      }
    }),
  }
}
