import { AT, type BaselineLayout, type Category, MEMORY_SESSIONS, places } from './layout.ts'
import { OWN_SHARE, smoothedCount } from './smooth.ts'

/**
 * What is normal for the users as a whole, and how much they differ: the prior with which each user's own history is
 * combined (empirical Bayes), and all that is known of a user who has none.
 *
 * One flat Float32Array, parallel to the layout:
 *
 *     mean, variance within a user, strength of the mean, strength of the variance   of each quantity
 *     strength, then a probability a choice                                          of each category
 */
export interface Population {
  readonly layout: BaselineLayout
  readonly values: Float32Array
  readonly categoryAt: readonly number[]
}

export const QUANTITY_WIDTH = 4

/** A user with fewer sessions says too little of how users differ. */
const ENOUGH_SESSIONS = 5

export function populationWidth(layout: BaselineLayout): number {
  return layout.quantities.length * QUANTITY_WIDTH + layout.categories.reduce((sum, { size }) => sum + size + 1, 0)
}

/** A population from its stored numbers. @throws RangeError where their count is not what the layout asks for */
export function populationFrom(layout: BaselineLayout, values: Float32Array): Population {
  const wanted = populationWidth(layout)
  if (values.length !== wanted) throw new RangeError(`population: got ${values.length} numbers when expected ${wanted}`)
  const widths = layout.categories.map(({ size }) => size + 1)
  return { layout, values, categoryAt: places(widths, layout.quantities.length * QUANTITY_WIDTH) }
}

/** Whether predictions can be made from it: no spread, strength or probability in it is nonsense. */
export function isPlausible({ layout, values, categoryAt }: Population): boolean {
  const quantities = layout.quantities.every((_, i) => {
    const [, variance, ...strengths] = values.subarray(i * QUANTITY_WIDTH, (i + 1) * QUANTITY_WIDTH)
    return (variance as number) >= 0 && strengths.every((strength) => strength > 0)
  })
  const categories = layout.categories.every(({ size }, i) => {
    const at = categoryAt[i] as number
    return values.subarray(at, at + 1 + size).every((number) => number > 0)
  })
  return quantities && categories
}

/** What is assumed before any log has been read: wide, and weak against the first events. */
export function assumedPopulation(layout: BaselineLayout): Population {
  const population = populationFrom(layout, new Float32Array(populationWidth(layout)))
  layout.quantities.forEach(({ assumed }, i) => {
    population.values.set([assumed.mean, assumed.variance, 0.5, 2], i * QUANTITY_WIDTH)
  })
  layout.categories.forEach(({ size }, i) => {
    const at = population.categoryAt[i] as number
    population.values[at] = 4
    population.values.fill(1 / size, at + 1, at + 1 + size)
  })
  return population
}

/**
 * Learns a population from the baselines of its users.
 *
 * - A quantity: grand mean; variance pooled within users; strength of the mean = variance within / variance between
 *   users' means, what chance adds to it taken off (the shrinkage of a normal with a normal prior); strength of the
 *   variance from the scatter of the users' log variances, Var(log s2) ~ 2/(n-1) + 2/strength.
 * - A category: probabilities, a user a vote; the strength under which each user's choices would best have been
 *   foretold from the others of the same user (leave-one-out likelihood).
 */
export function learnPopulation(layout: BaselineLayout, baselines: Iterable<Float32Array>): Population {
  const users = [...baselines].filter((baseline) => (baseline[AT.sessions] as number) >= ENOUGH_SESSIONS)
  const population = assumedPopulation(layout)
  if (users.length < 2) return population
  layout.quantities.forEach((quantity, i) => {
    const countAt = quantity.timed ? AT.timedSessions : AT.sessions
    const seen = users.filter((user) => (user[countAt] as number) >= ENOUGH_SESSIONS)
    const estimate = seen.length < 2 ? undefined : estimateQuantity(seen, countAt, layout.quantityAt[i] as number)
    if (estimate !== undefined) population.values.set(estimate, i * QUANTITY_WIDTH)
  })
  layout.categories.forEach((category, i) => {
    const estimate = estimateCategory(users, layout.categoryAt[i] as number, category)
    population.values.set(estimate, population.categoryAt[i])
  })
  return population
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

function estimateQuantity(users: readonly Float32Array[], countAt: number, at: number): number[] {
  const average = (of: (user: Float32Array, sessions: number) => number): number =>
    users.reduce((sum, user) => sum + of(user, Math.min(MEMORY_SESSIONS, user[countAt] as number)), 0) / users.length
  const varianceOf = (user: Float32Array, sessions: number): number =>
    Math.max(((user[at + 2] as number) * sessions) / (sessions - 1), 1e-6)
  const mean = average((user) => user[at + 1] as number)
  const within = Math.max(average(varianceOf), 1e-4)
  const chance = average((user, sessions) => varianceOf(user, sessions) / sessions)
  const between = average((user) => ((user[at + 1] as number) - mean) ** 2) - chance
  const meanOfLogs = average((user, sessions) => Math.log(varianceOf(user, sessions)))
  const scatter = average(
    (user, sessions) => (Math.log(varianceOf(user, sessions)) - meanOfLogs) ** 2 - 2 / (sessions - 1),
  )
  return [mean, within, clamp(within / Math.max(between, 1e-9), 0.1, 30), clamp(2 / Math.max(scatter, 0.05), 2, 40)]
}

/** Strengths that are tried, 0.25 to 64. */
const STRENGTHS: readonly number[] = Array.from({ length: 17 }, (_, i) => 2 ** (i / 2 - 2))

function estimateCategory(users: readonly Float32Array[], at: number, category: Category): number[] {
  const { size } = category
  const pool = new Array<number>(size).fill(1 / size)
  for (const user of users) {
    for (let k = 0; k < size; k++)
      pool[k] = (pool[k] as number) + smoothedCount(user, at, category, k) / (user[at] as number)
  }
  const probabilities = pool.map((votes) => votes / (users.length + 1))
  const likelihoods = STRENGTHS.map((strength) =>
    users.reduce((sum, user) => sum + leaveOneOut(user, at, category, probabilities, strength), 0),
  )
  const best = likelihoods.indexOf(Math.max(...likelihoods))
  return [STRENGTHS[best] as number, ...probabilities]
}

/** Mean log probability of each of a user's choices, foretold from the rest of them. */
function leaveOneOut(
  user: Float32Array,
  at: number,
  category: Category,
  prior: readonly number[],
  strength: number,
): number {
  const total = user[at] as number
  const alone = category.circular ? OWN_SHARE : 1
  let sum = 0
  for (let k = 0; k < category.size; k++) {
    const count = user[at + 1 + k] as number
    if (count === 0) continue
    const left = Math.min(1, count)
    const foretold = smoothedCount(user, at, category, k) - left * alone + strength * (prior[k] as number)
    sum += (count / total) * Math.log(foretold / (total - left + strength))
  }
  return sum
}
