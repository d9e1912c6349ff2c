import { emptyFacts, type Facts, gatherFacts } from '../baseline/facts.ts'
import type { Category, Quantity } from '../baseline/layout.ts'
import { learnFacts } from '../baseline/learn.ts'
import type { Population } from '../baseline/population.ts'
import { beyondOrdinary, choiceSurprise, type Prediction, predict } from '../baseline/predict.ts'
import type { BehaviorEvent } from '../event.ts'
import type { Feature, FeatureSet } from './feature-set.ts'

/**
 * Event x baseline -> vector. Holds one vector and one set of facts that every event fills anew: nothing is allocated
 * on the way.
 */
export class Observation {
  readonly featureSet: FeatureSet
  /** The features of the last event, in the order of the feature set. */
  readonly vector: Float32Array
  readonly facts: Facts = emptyFacts()
  readonly #population: Population
  readonly #steps: readonly ((baseline: Float32Array) => number)[]

  constructor(featureSet: FeatureSet, population: Population) {
    this.featureSet = featureSet
    this.#population = population
    this.vector = new Float32Array(featureSet.features.length)
    this.#steps = featureSet.features.map((feature) => this.#step(feature))
  }

  /**
   * Computes the features of an event from the baseline as it was before it.
   *
   * @param eventType index of the event's type among those that the model knows
   */
  observe(event: BehaviorEvent, eventType: number, baseline: Float32Array): Float32Array {
    gatherFacts(this.facts, event, eventType, baseline)
    for (let i = 0; i < this.#steps.length; i++) {
      this.vector[i] = (this.#steps[i] as (baseline: Float32Array) => number)(baseline)
    }
    return this.vector
  }

  /** Folds an event into the baseline. */
  learn(event: BehaviorEvent, eventType: number, baseline: Float32Array): void {
    gatherFacts(this.facts, event, eventType, baseline)
    learnFacts(this.featureSet.layout, this.#population, this.facts, baseline)
  }

  #step(feature: Feature): (baseline: Float32Array) => number {
    if ('quantity' in feature) return this.#quantityStep(feature.of, feature.quantity)
    if ('category' in feature) return this.#categoryStep(feature.of, feature.category)
    const surprises = this.featureSet.features.flatMap(({ of }, i) => (of === 'surprise' ? [i] : []))
    return () => {
      let strongest = 0
      for (let k = 0; k < surprises.length; k++) {
        strongest = Math.max(strongest, this.vector[surprises[k] as number] as number)
      }
      return strongest
    }
  }

  #quantityStep(of: string, name: string): (baseline: Float32Array) => number {
    const { facts } = this
    const population = this.#population
    const index = population.layout.quantities.findIndex((quantity) => quantity.name === name)
    const quantity = population.layout.quantities[index] as Quantity
    const expected: Prediction = { mean: 0, spread: 1 }
    const absent = (): boolean => quantity.timed && !facts.timed
    switch (of) {
      case 'value':
        return () => (absent() ? 0 : quantity.of(facts))
      case 'mean':
        return (baseline) => predict(population, index, baseline, expected).mean
      case 'spread':
        return (baseline) => predict(population, index, baseline, expected).spread
      case 'difference':
        return (baseline) => (absent() ? 0 : quantity.of(facts) - predict(population, index, baseline, expected).mean)
      default:
        return (baseline) => {
          if (absent()) return 0
          predict(population, index, baseline, expected)
          const above = Math.max(0, (quantity.of(facts) - expected.mean) / expected.spread)
          return beyondOrdinary((above * above) / 2)
        }
    }
  }

  #categoryStep(of: string, name: string): (baseline: Float32Array) => number {
    const { facts } = this
    const population = this.#population
    const index = population.layout.categories.findIndex((category) => category.name === name)
    const category = population.layout.categories[index] as Category
    switch (of) {
      case 'choice':
        return () => category.of(facts)
      case 'typical':
        return (baseline) => circularMean(population, index, baseline)
      case 'distance':
        return (baseline) => {
          const gap = Math.abs(category.of(facts) - circularMean(population, index, baseline))
          return Math.min(gap, category.size - gap)
        }
      default:
        return (baseline) => choiceSurprise(population, index, facts, baseline)
    }
  }
}

/** The mean direction of the user's choices on a circle, prior included (Mardia 1972), 0 to size. */
export function circularMean(population: Population, index: number, baseline: Float32Array): number {
  const { size } = population.layout.categories[index] as Category
  const at = population.layout.categoryAt[index] as number
  const prior = population.categoryAt[index] as number
  const strength = population.values[prior] as number
  let x = 0
  let y = 0
  for (let k = 0; k < size; k++) {
    const weight = (baseline[at + 1 + k] as number) + strength * (population.values[prior + 1 + k] as number)
    x += weight * Math.cos((2 * Math.PI * k) / size)
    y += weight * Math.sin((2 * Math.PI * k) / size)
  }
  const mean = (Math.atan2(y, x) / (2 * Math.PI)) * size
  return mean < 0 ? mean + size : mean
}
