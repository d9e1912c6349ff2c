import type { Facts } from './facts.ts'

/**
 * What a baseline remembers of one user, as one flat Float32Array, so that a store can keep a hundred thousand of them
 * in a few arrays and send one over a wire as it is. A feature set declares the quantities and categories; the layout
 * gives each its place:
 *
 *     events | sessions | timed sessions | session (7) | rarity (3) | windows (3) |
 *     peak, mean, variance, last peak of each quantity | total, counts, and choices of the session (a bit each) or run of each category
 */
export interface BaselineLayout {
  readonly quantities: readonly Quantity[]
  readonly categories: readonly Category[]
  /** Where each quantity stands: the peak of the session that goes on, then mean, variance and the last of those that ended. */
  readonly quantityAt: readonly number[]
  /** Where the total of each category stands; its counts follow. */
  readonly categoryAt: readonly number[]
  /** Length of the array. */
  readonly width: number
}

/**
 * A number that every event has, mostly a logarithm, so that ratios count. What the baseline keeps is how far the
 * user's sessions take it: mean and variance of its peak in each. An event's number is then compared with where the
 * user's sessions usually end up, rather than with a mixture of beginnings and ends.
 */
export interface Quantity {
  readonly name: string
  /** Only events that carry a time have it. */
  readonly timed: boolean
  readonly of: (facts: Facts) => number
  /** Back to the unit in which people think of it. */
  readonly inUnits: (value: number) => number
  readonly unit: string
  /** No user's spread is believed to be smaller: what chance alone makes of a count or of a clock. */
  readonly leastSpread: number
  /** What is assumed before any log has been read: mean, and variance within one user. */
  readonly assumed: { readonly mean: number; readonly variance: number }
}

/** One of a few choices that every event makes, with the user's count of each. */
export interface Category {
  readonly name: string
  readonly size: number
  /** Neighbours are alike, and the last is next to the first: hours of the day. */
  readonly circular: boolean
  /**
   * A circumstance of the session (hour, weekday, device) rather than of the event: the events of one session are
   * then not so many independent witnesses: each choice counts once, when the session ends. At most 24 choices.
   */
  readonly perSession: boolean
  readonly of: (facts: Facts) => number
  /** The choices in words. */
  readonly label: (index: number) => string
}

/**
 * Places of what every baseline has. Times take two floats: whole multiples of 2^20 ms, and the rest, both exact.
 */
export const AT = {
  events: 0,
  sessions: 1,
  timedSessions: 2,
  sessionStart: 3,
  lastEvent: 5,
  sessionEvents: 7,
  sessionDurationSec: 8,
  lastTimed: 9,
  sessionJudged: 10,
  sessionRare: 11,
  rareExcess: 12,
  windows: 13,
} as const

/** A baseline remembers about this many sessions of a user; older ones fade. */
export const MEMORY_SESSIONS = 20

/** The time constants of the exponential windows, in seconds: 1 minute, 10 minutes, 1 hour. */
export const WINDOWS_SEC: readonly number[] = [60, 600, 3600]

export const QUANTITY_SLOTS = 4

export function layoutOf(quantities: readonly Quantity[], categories: readonly Category[]): BaselineLayout {
  const quantitiesFrom = AT.windows + WINDOWS_SEC.length
  const categoriesFrom = quantitiesFrom + QUANTITY_SLOTS * quantities.length
  const widths = categories.map(({ size }) => size + 2)
  return {
    quantities,
    categories,
    quantityAt: quantities.map((_, i) => quantitiesFrom + QUANTITY_SLOTS * i),
    categoryAt: places(widths, categoriesFrom),
    width: widths.reduce((sum, width) => sum + width, categoriesFrom),
  }
}

/** Where each of several runs of numbers begins, one behind the other. */
export function places(widths: readonly number[], from: number): number[] {
  return widths.map((_, i) => widths.slice(0, i).reduce((sum, width) => sum + width, from))
}

const TIME_RADIX = 2 ** 20

/** Reads a time in whole milliseconds since 1970 from two floats. */
export function readTime(baseline: Float32Array, at: number): number {
  return (baseline[at] as number) * TIME_RADIX + (baseline[at + 1] as number)
}

/** Writes a time in milliseconds since 1970, rounded down to whole ones, into two floats. Exact up to the year 2500. */
export function writeTime(baseline: Float32Array, at: number, timeMs: number): void {
  const whole = Math.floor(timeMs)
  const high = Math.floor(whole / TIME_RADIX)
  baseline[at] = high
  baseline[at + 1] = whole - high * TIME_RADIX
}
