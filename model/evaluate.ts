import { Detector } from '../src/detector.ts'
import type { BehaviorEvent } from '../src/event.ts'
import { averagePrecision, precisionAtTop, rocAuc } from '../src/metrics.ts'
import type { Model } from '../src/model.ts'
import { MemoryBaselines } from '../src/store/memory.ts'
import type { ThresholdOptions } from '../src/thresholds.ts'

/** How well a model tells odd events from normal ones. */
export interface Evaluation {
  readonly events: number
  /** Share of labelled events. */
  readonly anomalies: number
  readonly rocAuc: number
  readonly averagePrecision: number
  /** Share of labelled events among the 2% that score highest. */
  readonly precisionAtTop2: number
  /** Share of events found anomalies. */
  readonly flagged: number
  readonly kinds: readonly KindEvaluation[]
}

export interface KindEvaluation {
  readonly kind: string
  readonly events: number
  /** Of this kind against the normal events. */
  readonly rocAuc: number
  /** Share of this kind found anomalies. */
  readonly recall: number
}

/** What was said of each event, in order. */
export interface Judged {
  /** Within 0..1. */
  readonly scores: Float64Array
  /** 1 where the event was found an anomaly. */
  readonly flagged: Uint8Array
}

/** Scores a log as it would have been served: every event against the past alone, starting with empty baselines. */
export function scoreOnline(
  model: Model,
  events: Iterable<BehaviorEvent>,
  thresholds: ThresholdOptions,
  maxUsers = 1_000_000,
): Judged {
  const detector = new Detector(model, thresholds)
  const baselines = new MemoryBaselines(model.featureSet.layout.width, maxUsers)
  const scores: number[] = []
  const flagged: number[] = []
  for (const event of events) {
    const verdict = detector.judge(event, baselines.read(event.userId))
    scores.push(verdict.score)
    flagged.push(verdict.isAnomaly ? 1 : 0)
    baselines.update(event.userId, (baseline) => detector.learn(event, baseline, verdict))
  }
  return { scores: Float64Array.from(scores), flagged: Uint8Array.from(flagged) }
}

/** @param kinds one for each event, empty for normal */
export function evaluate({ scores, flagged }: Judged, kinds: readonly string[]): Evaluation {
  const labels = Uint8Array.from(kinds, (kind) => (kind === '' ? 0 : 1))
  const names = [...new Set(kinds)].filter((kind) => kind !== '').sort()
  return {
    events: scores.length,
    anomalies: count(labels) / scores.length,
    rocAuc: rocAuc(labels, scores),
    averagePrecision: averagePrecision(labels, scores),
    precisionAtTop2: precisionAtTop(labels, scores, 0.02),
    flagged: count(flagged) / scores.length,
    kinds: names.map((name) => {
      const mine = kinds.flatMap((kind, i) => (kind === name || kind === '' ? [i] : []))
      const mineScores = Float64Array.from(mine, (i) => scores[i] as number)
      const mineLabels = Uint8Array.from(mine, (i) => (kinds[i] === name ? 1 : 0))
      const odd = mine.filter((i) => kinds[i] === name)
      return {
        kind: name,
        events: odd.length,
        rocAuc: rocAuc(mineLabels, mineScores),
        recall: odd.filter((i) => flagged[i] === 1).length / odd.length,
      }
    }),
  }
}

function count(marks: Uint8Array): number {
  return marks.reduce((sum, mark) => sum + mark, 0)
}
