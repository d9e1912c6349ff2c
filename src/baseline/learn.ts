import { advanceClock, type Facts } from './facts.ts'
import { AT, type BaselineLayout, type Category, MEMORY_SESSIONS } from './layout.ts'
import type { Population } from './population.ts'
import { choiceSurprise, type Prediction, predict } from './predict.ts'
import { settleRarity } from './rarity.ts'

/** A baseline remembers about this many choices; older ones fade. */
export const MEMORY_CHOICES = 400

/** What teaches is clipped at this many spreads: one session moves a mean no further than the edge of the plausible. */
export const CLIP_SPREADS = 3

/** A run of choices more surprising than this, in nats, teaches e times less for each nat more. */
const PLAUSIBLE_RUN = 3

/** A session that goes on is counted again every hour: one that never ends must not be odd for ever. */
const RECOUNT_SEC = 3600

const prediction: Prediction = { mean: 0, spread: 1 }

/** Folds an event, as its facts are in this very baseline, into it. Depends on no forest. */
export function learnFacts(layout: BaselineLayout, population: Population, facts: Facts, baseline: Float32Array): void {
  const first = (baseline[AT.events] as number) === 0
  const hoursBefore = Math.floor((baseline[AT.sessionDurationSec] as number) / RECOUNT_SEC)
  const longer = facts.goesOn && Math.floor(facts.sessionDurationSec / RECOUNT_SEC) > hoursBefore
  if (!first && (longer || !facts.goesOn)) countSession(layout, population, baseline)
  followSession(layout, facts, baseline)
  followChoices(population, facts, baseline)
  advanceClock(facts, baseline)
  baseline[AT.events] = (baseline[AT.events] as number) + 1
}

/** Counts the session so far among the user's sessions: its peaks and its circumstances. */
function countSession(layout: BaselineLayout, population: Population, baseline: Float32Array): void {
  const timed = (baseline[AT.lastTimed] as number) > 0
  for (let i = 0; i < layout.quantities.length; i++) {
    const needsTime = layout.quantities[i]?.timed === true
    if (needsTime && !timed) continue
    predict(population, i, baseline, prediction)
    const at = layout.quantityAt[i] as number
    const reach = CLIP_SPREADS * prediction.spread
    const peak = Math.min(prediction.mean + reach, Math.max(prediction.mean - reach, baseline[at] as number))
    const weight = 1 / Math.min((baseline[needsTime ? AT.timedSessions : AT.sessions] as number) + 1, MEMORY_SESSIONS)
    const mean = baseline[at + 1] as number
    baseline[at + 1] = mean + weight * (peak - mean)
    // Half the squared step from one session to the next (von Neumann 1941): it is the variance where habits are steady,
    // and stays it while they drift, so that a slow drift cannot hide behind a spread of its own making.
    const step = weight === 1 ? 0 : peak - (baseline[at + 3] as number)
    baseline[at + 2] = (1 - weight) * (baseline[at + 2] as number) + (weight * step * step) / 2
    baseline[at + 3] = peak
  }
  for (let i = 0; i < layout.categories.length; i++) {
    const { perSession, size } = layout.categories[i] as Category
    if (perSession) countChoices(baseline, layout.categoryAt[i] as number, size)
  }
  settleRarity(baseline)
  baseline[AT.sessions] = (baseline[AT.sessions] as number) + 1
  if (timed) baseline[AT.timedSessions] = (baseline[AT.timedSessions] as number) + 1
}

function followSession(layout: BaselineLayout, facts: Facts, baseline: Float32Array): void {
  for (let i = 0; i < layout.quantities.length; i++) {
    const quantity = layout.quantities[i]
    if (quantity === undefined || (quantity.timed && !facts.timed)) continue
    const at = layout.quantityAt[i] as number
    const value = quantity.of(facts)
    baseline[at] = facts.goesOn ? Math.max(baseline[at] as number, value) : value
  }
}

function followChoices(population: Population, facts: Facts, baseline: Float32Array): void {
  const { layout } = population
  for (let i = 0; i < layout.categories.length; i++) {
    const category = layout.categories[i] as Category
    const at = layout.categoryAt[i] as number
    const lastAt = at + 1 + category.size
    const choice = category.of(facts)
    if (category.perSession) {
      const before = facts.goesOn ? (baseline[lastAt] as number) : 0
      baseline[lastAt] = before | (1 << choice)
    } else {
      const run = choiceSurprise(population, i, facts, baseline)
      countChoice(baseline, at, lastAt, choice, Math.min(1, Math.exp(PLAUSIBLE_RUN - run)))
      baseline[lastAt] = run
    }
  }
}

/** Counts each choice of the session once: switching to and fro teaches no more than having been there. */
function countChoices(baseline: Float32Array, at: number, size: number): void {
  const lastAt = at + 1 + size
  const choices = baseline[lastAt] as number
  for (let choice = 0; choice < size; choice++) if ((choices >>> choice) & 1) countChoice(baseline, at, lastAt, choice)
  baseline[lastAt] = 0
}

function countChoice(baseline: Float32Array, at: number, lastAt: number, choice: number, weight = 1): void {
  const total = baseline[at] as number
  if (total >= MEMORY_CHOICES) {
    for (let k = at; k < lastAt; k++) baseline[k] = ((baseline[k] as number) * (MEMORY_CHOICES - 1)) / total
  }
  baseline[at] = (baseline[at] as number) + weight
  baseline[at + 1 + choice] = (baseline[at + 1 + choice] as number) + weight
}
