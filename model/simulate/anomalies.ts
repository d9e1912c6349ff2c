import type { Random } from '../../src/random.ts'
import { drawGapSec, type Persona } from './persona.ts'

/**
 * What a session departs in from its user's habits. Each kind is odd for that user and could be another user's
 * ordinary day; only the onset is labelled: the events from which on somebody who knows the user could tell.
 */
export interface SessionPlan {
  hour: number
  mobile: boolean
  events: number
  gapSec: number
  gapSpread: number
  actions: readonly number[]
  /** Is the event odd by now? Events so far (this one included), seconds since the session began, the event's type. */
  odd: (events: number, durationSec: number, eventType: string) => boolean
}

export interface Kind {
  readonly name: string
  /** Relative frequency of sessions, about one over the odd events in one: no kind outnumbers the others. */
  readonly weight: number
  /** Whether this user can show it: a user with irregular hours has no odd hour. */
  fits(persona: Persona): boolean
  /** @param progress 0..1, how far a slow change has come */
  apply(plan: SessionPlan, persona: Persona, random: Random, progress: number): void
}

const always = (): boolean => true

/** The hours in which the user is never active, nor in the hours about them. */
function quietHours(persona: Persona): number[] {
  const quiet = (hour: number): boolean => (persona.hours[(hour + 24) % 24] as number) < 0.002
  return persona.hours.flatMap((_, hour) => ([-2, -1, 0, 1, 2].every((step) => quiet(hour + step)) ? [hour] : []))
}

const pick = (random: Random, choices: readonly number[]): number => choices[random.integer(choices.length)] as number

const prefersOneDevice = (persona: Persona): boolean => persona.mobileShare < 0.01 || persona.mobileShare > 0.99

export const KINDS: readonly Kind[] = [
  {
    name: 'odd_hour',
    weight: 2,
    fits: (persona) => quietHours(persona).length >= 4,
    apply(plan, persona, random) {
      plan.hour = pick(random, quietHours(persona))
      plan.odd = always
    },
  },
  {
    name: 'odd_device',
    weight: 2.6,
    fits: prefersOneDevice,
    apply(plan, persona) {
      plan.mobile = persona.mobileShare < 0.5
      plan.odd = always
    },
  },
  {
    name: 'fast_pace',
    weight: 1,
    fits: always,
    apply(plan, persona, random) {
      plan.gapSec = persona.gapSec / (15 + 35 * random.uniform())
      plan.gapSpread = 0.2
      plan.events = Math.max(9, plan.events)
      plan.odd = (events) => events >= 3
    },
  },
  {
    name: 'high_volume',
    weight: 0.25,
    fits: always,
    apply(plan, persona, random) {
      plan.events = Math.round(persona.sessionEvents * (7 + 6 * random.uniform()))
      plan.odd = (events) => events > persona.sessionEvents * 3
    },
  },
  {
    name: 'long_session',
    weight: 0.8,
    fits: (persona) => persona.gapSec < 45,
    apply(plan, persona, random) {
      plan.gapSec = persona.gapSec * (14 + 14 * random.uniform())
      plan.events = Math.round(plan.events * 2)
      plan.odd = (_, durationSec) => durationSec > persona.gapSec * persona.sessionEvents * 6
    },
  },
  {
    name: 'bulk_download',
    weight: 0.7,
    fits: (persona) => (persona.actions[2] as number) < 0.02,
    apply(plan, persona, random) {
      plan.actions = [0.1, 0.05, 0.85]
      plan.events = Math.round(persona.sessionEvents * (3 + 3 * random.uniform()))
      plan.gapSec = persona.gapSec / 5
      plan.odd = (events, _, eventType) => events >= 3 && eventType === 'download'
    },
  },
  {
    name: 'takeover',
    weight: 2.4,
    fits: (persona) => prefersOneDevice(persona) && quietHours(persona).length >= 4,
    apply(plan, persona, random) {
      plan.hour = pick(random, quietHours(persona))
      plan.mobile = persona.mobileShare < 0.5
      plan.gapSec = persona.gapSec / 6
      plan.odd = always
    },
  },
  {
    name: 'slow_drift',
    weight: 0,
    fits: (persona) => persona.sessionsPerDay > 0.8 && persona.sessionEvents > 3,
    apply(plan, persona, _random, progress) {
      const factor = 25 ** progress
      plan.gapSec = persona.gapSec / factor
      plan.gapSpread = Math.min(plan.gapSpread, 0.5)
      plan.odd = (events) => progress > 0.75 && events >= 3
    },
  },
]

/** Seconds from one event to the next under a plan. */
export function planGapSec(random: Random, plan: SessionPlan): number {
  return drawGapSec(random, plan.gapSec, plan.gapSpread)
}
