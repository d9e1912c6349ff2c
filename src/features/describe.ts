import type { Facts } from '../baseline/facts.ts'
import type { Category, Quantity } from '../baseline/layout.ts'
import type { Population } from '../baseline/population.ts'
import { choiceWeight, predict, runOf } from '../baseline/predict.ts'
import type { Feature } from './feature-set.ts'

/** A feature in the unit in which people think of it: what the event had, what is usual for the user, and both in words. */
export interface FeatureDescription {
  readonly value: number | string
  readonly expected: number | string
  readonly text: string
}

export function describeFeature(
  feature: Feature,
  facts: Facts,
  population: Population,
  baseline: Float32Array,
): FeatureDescription {
  const { quantities, categories } = population.layout
  if ('quantity' in feature) {
    const index = quantities.findIndex(({ name }) => name === feature.quantity)
    const quantity = quantities[index] as Quantity
    const usual = predict(population, index, baseline, { mean: 0, spread: 1 }).mean
    const expected = round(quantity.inUnits(usual))
    if (quantity.timed && !facts.timed) return { value: 'unknown', expected, text: `${quantity.unit} unknown` }
    const value = round(quantity.inUnits(quantity.of(facts)))
    return { value, expected, text: `${quantity.unit} ${value}, usually ${expected}` }
  }
  if ('category' in feature) {
    const index = categories.findIndex(({ name }) => name === feature.category)
    const category = categories[index] as Category
    const value = category.label(category.of(facts))
    const expected = category.label(likeliest(population, index, category.size, baseline))
    const text = `${category.name.replaceAll('_', ' ')} ${value}, usually ${expected}`
    return {
      value,
      expected,
      text:
        value === expected && runOf(population, index, facts, baseline) > 0 ? `${text}, after a run of others` : text,
    }
  }
  return { value: '', expected: '', text: feature.name }
}

function likeliest(population: Population, index: number, size: number, baseline: Float32Array): number {
  let best = 0
  let most = 0
  for (let choice = 0; choice < size; choice++) {
    const weight = choiceWeight(population, index, choice, baseline)
    if (weight > most) {
      best = choice
      most = weight
    }
  }
  return best
}

/** Three significant digits: more would only look precise. */
function round(value: number): number {
  return Number(value.toPrecision(3))
}
