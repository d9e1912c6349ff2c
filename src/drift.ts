import { BINS, binOf } from './histogram.ts'
import type { Model } from './model.ts'
import { expectNumber } from './options.ts'

/** How far a feature has moved from what the model was trained on. */
export interface FeatureDrift {
  readonly feature: string
  /** Population stability index: below 0.1 nothing to speak of, above 0.25 train again (Siddiqi 2006). */
  readonly psi: number
}

/** A bin that was empty counts as this share, so that one event in it is not infinitely surprising. */
const LEAST_SHARE = 1e-4

/**
 * Holds the features of live events against the training's, in constant memory: counts, with exponential forgetting, in
 * the bins of the model's own histograms.
 */
export class DriftMonitor {
  readonly #model: Model
  readonly #counts: Float64Array
  readonly #memory: number
  #total = 0
  #events = 0

  /**
   * @param memoryEvents events after which the weight of one has halved, at least 1
   * @throws TypeError where it is less, or no number
   */
  constructor(model: Model, memoryEvents = 50_000) {
    this.#model = model
    this.#counts = new Float64Array(model.featureSet.features.length * BINS)
    this.#memory = 2 ** (1 / expectNumber('memoryEvents', memoryEvents, 1, Number.MAX_VALUE))
  }

  /** Events taken so far, however little the oldest still weigh. */
  get events(): number {
    return this.#events
  }

  /** Takes the features of one event, as `Detector.features` gives them. */
  add(features: Float32Array): void {
    const { edges } = this.#model.histograms
    this.#events++
    // Newer events weigh more rather than older ones less: one product instead of one a bin.
    this.#total = this.#total === 0 ? 1 : this.#total * this.#memory
    if (this.#total > 1e200) this.#rescale()
    for (let f = 0; f < features.length; f++) {
      const bin = f * BINS + binOf(features[f] as number, edges[2 * f] as number, edges[2 * f + 1] as number)
      this.#counts[bin] = (this.#counts[bin] as number) + this.#total
    }
  }

  /** The drift of each feature since, most first; every one 0 before the first event. */
  report(): FeatureDrift[] {
    const { featureSet, histograms } = this.#model
    return featureSet.features
      .map(({ name }, f) => ({ feature: name, psi: this.#psi(f, histograms.shares) }))
      .sort((a, b) => b.psi - a.psi)
  }

  #psi(feature: number, shares: Float32Array): number {
    let total = 0
    for (let bin = 0; bin < BINS; bin++) total += this.#counts[feature * BINS + bin] as number
    if (total === 0) return 0
    let psi = 0
    for (let bin = 0; bin < BINS; bin++) {
      const was = Math.max(LEAST_SHARE, shares[feature * BINS + bin] as number)
      const is = Math.max(LEAST_SHARE, (this.#counts[feature * BINS + bin] as number) / total)
      psi += (is - was) * Math.log(is / was)
    }
    return psi
  }

  #rescale(): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i] = (this.#counts[i] as number) / this.#total
    this.#total = 1
  }
}
