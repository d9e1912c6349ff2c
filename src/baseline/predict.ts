import type { Facts } from './facts.ts'
import { AT, type Category, MEMORY_SESSIONS, type Quantity } from './layout.ts'
import { type Population, QUANTITY_WIDTH } from './population.ts'
import { smoothedCount } from './smooth.ts'

/** What the next value of a quantity is expected to be, and how far from it is ordinary. */
export interface Prediction {
  mean: number
  /** Standard deviation of the next value. */
  spread: number
}

/**
 * The posterior predictive of a quantity for one user: a normal with a normal-inverse-gamma prior (Gelman et al.,
 * Bayesian Data Analysis, 3.3), whose prior is the population and whose data are the user's own. Without a history it
 * is the population's, spread between users included; with a long one it is the user's.
 *
 * @param index of the quantity
 * @param into filled and returned
 */
export function predict(population: Population, index: number, baseline: Float32Array, into: Prediction): Prediction {
  const { layout, values } = population
  const at = layout.quantityAt[index] as number
  const prior = index * QUANTITY_WIDTH
  const priorMean = values[prior] as number
  const meanStrength = values[prior + 2] as number
  const varianceStrength = values[prior + 3] as number
  const sessions = baseline[(layout.quantities[index] as Quantity).timed ? AT.timedSessions : AT.sessions] as number
  const count = Math.min(MEMORY_SESSIONS, sessions)
  const mean = baseline[at + 1] as number
  into.mean = (count * mean + meanStrength * priorMean) / (count + meanStrength)
  const variance =
    (count * (baseline[at + 2] as number) + varianceStrength * (values[prior + 1] as number)) /
    (count + varianceStrength)
  into.spread = Math.max(
    (layout.quantities[index] as Quantity).leastSpread,
    Math.sqrt(variance * (1 + 1 / (count + meanStrength))),
  )
  return into
}

/**
 * How likely the user is to make this choice, up to a factor that all choices share: own count plus the population's
 * probability times its strength (Dirichlet prior).
 *
 * @returns above 0
 */
export function choiceWeight(population: Population, index: number, choice: number, baseline: Float32Array): number {
  const { layout, values } = population
  const prior = population.categoryAt[index] as number
  const count = smoothedCount(
    baseline,
    layout.categoryAt[index] as number,
    layout.categories[index] as Category,
    choice,
  )
  return count + (values[prior] as number) * (values[prior + 1 + choice] as number)
}

/** How many times likelier the user's likeliest choice is than this one, as a natural logarithm, >= 0. */
export function rarity(population: Population, index: number, choice: number, baseline: Float32Array): number {
  const { size } = population.layout.categories[index] as Category
  const chosen = choiceWeight(population, index, choice, baseline)
  let likeliest = chosen
  for (let k = 0; k < size; k++) likeliest = Math.max(likeliest, choiceWeight(population, index, k, baseline))
  return Math.log(likeliest / chosen)
}

/** Surprise, in nats, that everybody is good for every day: it is not counted. */
export const ORDINARY_SURPRISE = 1

/** Surprise, in nats, beyond which more says nothing more; one absurd event must not stretch a feature's range. */
export const MOST_SURPRISE = 11

/** What of a surprise, in nats, is beyond the ordinary. */
export function beyondOrdinary(nats: number): number {
  return Math.min(MOST_SURPRISE, Math.max(0, nats - ORDINARY_SURPRISE))
}

/**
 * How surprising an event's choice is for the user, in nats beyond the ordinary. Where every event of a session chooses
 * anew (event types), the surprises of a run add up and fade with ordinary events between them (CUSUM: Page 1954): one
 * download is nothing, thirty in a row are.
 */
export function choiceSurprise(population: Population, index: number, facts: Facts, baseline: Float32Array): number {
  const category = population.layout.categories[index] as Category
  const run = runOf(population, index, facts, baseline)
  return beyondOrdinary(run + rarity(population, index, category.of(facts), baseline))
}

/** What the session's surprises so far add up to, in nats; 0 for a circumstance of the session. */
export function runOf({ layout }: Population, index: number, facts: Facts, baseline: Float32Array): number {
  const category = layout.categories[index] as Category
  const runAt = (layout.categoryAt[index] as number) + 1 + category.size
  return category.perSession || !facts.goesOn ? 0 : (baseline[runAt] as number)
}
