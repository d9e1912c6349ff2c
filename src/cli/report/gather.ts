import type { Verdict } from '../../decision.ts'
import type { BehaviorEvent } from '../../event.ts'
import { BINS, binOf } from '../../histogram.ts'
import type { Model } from '../../model.ts'
import { Strangest } from './strangest.ts'

/** Bins of the scores, over 0..1. */
export const SCORE_BINS = 60

/** Strangest events that are shown. */
const MOST_STRANGE = 20

const HOUR_MS = 3_600_000
/** How long a step of the chart over time may be; the shortest that gives few enough of them. */
const STEPS_MS = [HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, 28 * 24 * HOUR_MS]
const MOST_STEPS = 200

/** How many events, and how many of them flagged. */
export interface Counts {
  events: number
  flagged: number
}

/** What the report's charts show, counted while a log is scored; its memory does not grow with the log. */
export class Gatherer {
  readonly scores: Counts[] = countsOf(SCORE_BINS)
  readonly hours: Counts[] = countsOf(24)
  readonly strangest: Strangest = new Strangest(MOST_STRANGE)
  /** Of each feature, the flagged events in the bins of the model's own histograms. */
  readonly flaggedBins: Uint32Array
  readonly fromMs: number
  readonly stepMs: number
  /** Empty where the events carry no time. */
  readonly steps: Counts[]
  events = 0
  flagged = 0
  readonly #model: Model

  constructor(model: Model) {
    this.#model = model
    this.flaggedBins = new Uint32Array(BINS * model.featureSet.features.length)
    const { from, to } = model.training
    const toMs = to === null ? 0 : Date.parse(to)
    const spanMs = from === null ? 0 : toMs - Date.parse(from)
    this.stepMs = STEPS_MS.find((step) => spanMs / step < MOST_STEPS) ?? Math.ceil(spanMs / MOST_STEPS)
    this.fromMs = from === null ? 0 : Math.floor(Date.parse(from) / this.stepMs) * this.stepMs
    this.steps = from === null ? [] : countsOf(Math.floor((toMs - this.fromMs) / this.stepMs) + 1)
  }

  /** @param features asked only where the event is flagged */
  add(event: BehaviorEvent, { score, isAnomaly }: Verdict, features: () => Float32Array): void {
    const flag = isAnomaly ? 1 : 0
    this.events++
    this.flagged += flag
    count(this.scores[Math.min(SCORE_BINS - 1, Math.floor(score * SCORE_BINS))], flag)
    count(this.hours[event.hourOfDay], flag)
    if (event.timestampMs !== undefined) {
      count(this.steps[Math.floor((event.timestampMs - this.fromMs) / this.stepMs)], flag)
    }
    if (!isAnomaly) return
    const { edges } = this.#model.histograms
    features().forEach((value, f) => {
      const bin = f * BINS + binOf(value, edges[2 * f] as number, edges[2 * f + 1] as number)
      this.flaggedBins[bin] = (this.flaggedBins[bin] as number) + 1
    })
  }
}

function countsOf(length: number): Counts[] {
  return Array.from({ length }, () => ({ events: 0, flagged: 0 }))
}

function count(counts: Counts | undefined, flag: number): void {
  if (counts === undefined) return
  counts.events++
  counts.flagged += flag
}
