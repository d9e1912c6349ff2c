import { EVENT_TYPES } from '../../src/event.ts'
import type { Random } from '../../src/random.ts'

/** How one simulated user lives: when, with what, how long and how fast. Everything an anomaly may be odd against. */
export interface Persona {
  readonly id: string
  /** Relative activity by hour of the day (24, sums to 1) and by weekday (7, sums to 1, Monday first). */
  readonly hours: readonly number[]
  readonly weekdays: readonly number[]
  /** Probability that a session is on a phone. */
  readonly mobileShare: number
  /** Relative frequency of view, click and download; login and logout frame a session. */
  readonly actions: readonly number[]
  readonly sessionsPerDay: number
  /** Median of the events in a session, and spread of its logarithm. */
  readonly sessionEvents: number
  readonly sessionEventsSpread: number
  /** Median seconds between two events of a session, and spread of its logarithm. */
  readonly gapSec: number
  readonly gapSpread: number
  /** Day of the first event: some users are seen for the first time in the middle of the log. */
  readonly firstDay: number
  /** From this day on the habits are those of `next`: a real change of life, not an anomaly. */
  readonly changeDay: number
  readonly next: Persona | undefined
}

/** Gamma variate for any shape > 0 (Marsaglia and Tsang 2000). */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.uniform()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

const logNormal = (random: Random, median: number, spread: number): number =>
  median * Math.exp(spread * random.normal())

function beta(random: Random, a: number, b: number): number {
  const x = gamma(random, a)
  return x / (x + gamma(random, b))
}

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** Activity round a peak hour: a wrapped normal with the given spread in hours. */
function bump(hour: number, peak: number, spreadHours: number): number {
  const distance = Math.min((hour - peak + 48) % 24, (peak - hour + 48) % 24)
  return Math.exp(-0.5 * (distance / spreadHours) ** 2)
}

function dailyRhythm(random: Random, irregular: boolean): number[] {
  const nightShift = random.uniform() < 0.08
  const floor = irregular ? 0.5 : 0.001 * random.uniform()
  const peak = nightShift ? 23 + 2 * random.normal() : 10 + 2.2 * random.normal()
  const spread = 0.7 + 0.7 * random.uniform()
  const second = peak + 4 + 5 * random.uniform()
  const secondWeight = 0.2 + random.uniform()
  return normalised(
    Array.from(
      { length: 24 },
      (_, hour) => floor + bump(hour, peak, spread) + secondWeight * bump(hour, second, spread),
    ),
  )
}

function weeklyRhythm(random: Random): number[] {
  const weekend = random.uniform() < 0.6 ? 0.05 * random.uniform() : 0.3 + random.uniform()
  return normalised(Array.from({ length: 7 }, (_, day) => (day < 5 ? 0.7 + 0.6 * random.uniform() : weekend)))
}

/** What of the simulation a user's life depends on. */
export interface Lives {
  /** Length of the log. */
  readonly days: number
  /** Share of users whose lives are irregular. */
  readonly irregular: number
}

/** One user, drawn at random. */
export function drawPersona(random: Random, id: string, { days, irregular }: Lives, settled = false): Persona {
  const actions = [gamma(random, 6), gamma(random, 3), gamma(random, 0.3)]
  const erratic = random.uniform() < irregular
  const persona: Persona = {
    id,
    hours: dailyRhythm(random, erratic),
    weekdays: weeklyRhythm(random),
    mobileShare: erratic ? 0.3 + 0.4 * random.uniform() : beta(random, 0.15, 0.35),
    actions: normalised(actions),
    sessionsPerDay: Math.min(5, 1 + gamma(random, 2.5) * 0.62),
    sessionEvents: Math.max(2, logNormal(random, 2.6, 0.3)),
    sessionEventsSpread: erratic ? 0.8 : 0.2 + 0.2 * random.uniform(),
    gapSec: Math.max(6, logNormal(random, 35, 0.55)),
    gapSpread: erratic ? 1 : 0.4 + 0.4 * random.uniform(),
    firstDay: random.uniform() < 0.1 ? Math.floor(random.uniform() * days * 0.9) : 0,
    changeDay: Number.POSITIVE_INFINITY,
    next: undefined,
  }
  if (settled || random.uniform() >= 0.02) return persona
  const next = drawPersona(random, id, { days, irregular }, true)
  return {
    ...persona,
    changeDay: Math.floor(days * (0.3 + 0.5 * random.uniform())),
    next: { ...next, sessionsPerDay: persona.sessionsPerDay },
  }
}

/** An index drawn by weights that sum to 1. */
export function drawIndex(random: Random, weights: readonly number[]): number {
  let left = random.uniform()
  for (let i = 0; i < weights.length - 1; i++) {
    left -= weights[i] as number
    if (left < 0) return i
  }
  return weights.length - 1
}

const ACTION_TYPES = EVENT_TYPES.filter((type) => type !== 'login' && type !== 'logout')

export function drawAction(random: Random, actions: readonly number[]): string {
  return ACTION_TYPES[drawIndex(random, actions)] as string
}

/** Seconds to the next event of a session; shorter than the half hour of silence that would end it. */
export function drawGapSec(random: Random, medianSec: number, spread: number): number {
  return Math.min(1500, logNormal(random, medianSec, spread))
}

/** How many events a session has: at least 2. */
export function drawSessionEvents(random: Random, median: number, spread: number): number {
  return Math.max(2, Math.round(logNormal(random, median, spread)))
}
