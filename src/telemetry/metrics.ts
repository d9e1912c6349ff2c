import * as api from '@opentelemetry/api'
import type { Decision } from '../decision.ts'
import * as names from './names.ts'

/** Isolation scores are dense between a third and three quarters. */
const SCORE_BUCKETS = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]

interface Instruments {
  readonly evaluations: api.Counter
  readonly scores: api.Histogram
  readonly learnFailures: api.Counter
}

/**
 * The metrics. Instruments are made when they are first needed and again when another meter provider is registered: an
 * app may start its SDK after it has built its routes. Where nobody measures, there are none.
 */
export class DecisionMetrics {
  readonly #meter: api.Meter | undefined
  #provider: api.MeterProvider | undefined
  #instruments: Instruments | undefined

  /** @param meter undefined: the API's global one */
  constructor(meter: api.Meter | undefined) {
    this.#meter = meter
    if (meter !== undefined) this.#instruments = instrumentsOf(meter)
  }

  /** @param route gives the pattern that matched, never a path: paths are the client's to choose */
  count(decision: Decision, route: () => string): void {
    const instruments = this.#current()
    if (instruments === undefined) return
    const dimensions: api.Attributes = {
      [names.DECISION]: decision.outcome,
      [names.WOULD_BE]: decision.wouldBe,
      [names.MODEL_VERSION]: decision.model.version,
      [names.HTTP_ROUTE]: route(),
    }
    if (decision.score !== null) instruments.scores.record(decision.score, dimensions)
    instruments.evaluations.add(
      1,
      decision.why === undefined ? dimensions : { ...dimensions, [names.WHY]: decision.why },
    )
  }

  countLearnFailure(modelVersion: string): void {
    this.#current()?.learnFailures.add(1, { [names.MODEL_VERSION]: modelVersion })
  }

  #current(): Instruments | undefined {
    if (this.#meter !== undefined) return this.#instruments
    const provider = api.metrics.getMeterProvider()
    if (provider !== this.#provider) {
      this.#provider = provider
      const meter = provider.getMeter(names.SCOPE)
      this.#instruments = meter === api.createNoopMeter() ? undefined : instrumentsOf(meter)
    }
    return this.#instruments
  }
}

function instrumentsOf(meter: api.Meter): Instruments {
  return {
    evaluations: meter.createCounter(names.EVALUATIONS, {
      description: 'Events that were held against a baseline, or could not be',
      unit: '{event}',
    }),
    scores: meter.createHistogram(names.SCORE, {
      description: 'Isolation scores: 0 to 1, higher is stranger',
      unit: '1',
      advice: { explicitBucketBoundaries: SCORE_BUCKETS },
    }),
    learnFailures: meter.createCounter(names.LEARN_FAILURES, {
      description: 'Events that could not be folded into a baseline',
      unit: '{event}',
    }),
  }
}
