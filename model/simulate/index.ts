import type { BehaviorEvent } from '../../src/event.ts'
import { dayOfWeek, hourOfDay } from '../../src/event.ts'
import { Random } from '../../src/random.ts'
import { KINDS, type Kind, planGapSec, type SessionPlan } from './anomalies.ts'
import { drawAction, drawIndex, drawPersona, drawSessionEvents, type Persona } from './persona.ts'

export interface SimulationOptions {
  /** How many users, 1 to 1,000,000. */
  readonly users: number
  /** How many days, 1 to 366. */
  readonly days: number
  readonly seed: number
  /** Share of anomalous events aimed at, 0 to 0.5. */
  readonly anomalies: number
  /** Share of users whose lives are irregular: any hour, either device, sessions of any size. */
  readonly irregular: number
  /** First day, milliseconds since 1970, a midnight UTC. */
  readonly startMs: number
}

/** A Monday. */
export const SIMULATION_DEFAULTS: SimulationOptions = {
  users: 500,
  days: 21,
  seed: 1,
  anomalies: 0.02,
  irregular: 0.01,
  startMs: Date.UTC(2026, 0, 5),
}

/** An event with every field of the wire, and what it is: empty for normal, else the kind of anomaly. */
export interface LabelledEvent {
  readonly event: BehaviorEvent & {
    readonly sessionDurationSec: number
    readonly eventsInSession: number
    readonly timestampMs: number
  }
  readonly kind: string
}

const DAY_MS = 86_400_000

/** Seeds of users are whole numbers that a double holds: so many seeds of a simulation, this far apart. */
const SEEDS = 9_000_000_000
const USERS_APART = 1_000_003

/**
 * Simulated activity in order of time: sessions whose duration and count grow event by event, so that a row means what
 * it means in a live request. The same options give the same events.
 */
export function simulate(options: Partial<SimulationOptions> = {}): LabelledEvent[] {
  const settings = { ...SIMULATION_DEFAULTS, ...options }
  const events: LabelledEvent[] = []
  for (let user = 0; user < settings.users; user++) {
    // A stream of its own for each user: more users never change the ones there are.
    const random = new Random((settings.seed % SEEDS) * USERS_APART + user)
    simulateUser(random, drawPersona(random, `u${user + 1}`, settings), settings, events)
  }
  return events.sort((a, b) => a.event.timestampMs - b.event.timestampMs || (a.event.userId < b.event.userId ? -1 : 1))
}

/** Nobody, the user included, could tell what is odd for a user before this. */
const SETTLED_DAYS = 7

/** Sessions rather than events are drawn, and an odd session is longer than most: this keeps the share of events. */
const SESSIONS_PER_ODD_EVENT_SHARE = 1

function simulateUser(random: Random, persona: Persona, settings: SimulationOptions, out: LabelledEvent[]): void {
  const drift = slowDrift(random, persona, settings)
  let freeFromMs = 0
  for (let day = persona.firstDay; day < settings.days; day++) {
    const habits = persona.next !== undefined && day >= persona.changeDay ? persona.next : persona
    const midnightMs = settings.startMs + day * DAY_MS
    const rate = habits.sessionsPerDay * 7 * (habits.weekdays[dayOfWeek(midnightMs)] as number)
    const starts = Array.from({ length: poisson(random, rate) }, () => drawIndex(random, habits.hours))
    for (const hour of starts.sort((a, b) => a - b)) {
      const plan = ordinaryPlan(random, habits, hour)
      let kind = ''
      if (drift !== undefined && day >= drift.fromDay) {
        kind = drift.kind.name
        drift.kind.apply(plan, habits, random, (day - drift.fromDay + 1) / (settings.days - drift.fromDay))
      } else if (
        day >= persona.firstDay + SETTLED_DAYS &&
        (day < persona.changeDay || day >= persona.changeDay + SETTLED_DAYS) &&
        random.uniform() < settings.anomalies * SESSIONS_PER_ODD_EVENT_SHARE
      ) {
        const weights = KINDS.map((candidate) => (candidate.fits(habits) ? candidate.weight : 0))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const chosen = KINDS[
          drawIndex(
            random,
            weights.map((weight) => weight / total),
          )
        ] as Kind
        chosen.apply(plan, habits, random, 1)
        kind = chosen.name
      }
      const startMs = midnightMs + Math.round((plan.hour + random.uniform()) * 3_600_000)
      if (startMs < freeFromMs) continue
      freeFromMs = runSession(random, habits.id, plan, kind, startMs, out) + 31 * 60_000
    }
  }
}

interface SlowDrift {
  readonly kind: Kind
  readonly fromDay: number
}

/** A few users drift away day by day, until the end of the log. */
function slowDrift(random: Random, persona: Persona, settings: SimulationOptions): SlowDrift | undefined {
  const kind = KINDS.find((candidate) => candidate.name === 'slow_drift')
  const drifts = random.uniform() < settings.anomalies * 2
  if (kind === undefined || !drifts || !kind.fits(persona) || persona.next !== undefined || persona.firstDay > 3)
    return undefined
  return { kind, fromDay: Math.floor(settings.days * (0.5 + 0.2 * random.uniform())) }
}

function ordinaryPlan(random: Random, persona: Persona, hour: number): SessionPlan {
  return {
    hour,
    mobile: random.uniform() < persona.mobileShare,
    events: drawSessionEvents(random, persona.sessionEvents, persona.sessionEventsSpread),
    gapSec: persona.gapSec,
    gapSpread: persona.gapSpread,
    actions: persona.actions,
    odd: () => false,
  }
}

/** Emits one session. @returns the time of its last event */
function runSession(
  random: Random,
  userId: string,
  plan: SessionPlan,
  kind: string,
  startMs: number,
  out: LabelledEvent[],
): number {
  const signsOut = random.uniform() < 0.6
  let timestampMs = startMs
  // Once it shows, it shows: what follows in the session is as odd.
  let odd = false
  for (let count = 1; count <= plan.events; count++) {
    if (count > 1) timestampMs += Math.max(1, Math.round(planGapSec(random, plan) * 1000))
    const last = count === plan.events && count > 1
    const eventType = count === 1 ? 'login' : last && signsOut ? 'logout' : drawAction(random, plan.actions)
    const sessionDurationSec = (timestampMs - startMs) / 1000
    odd ||= plan.odd(count, sessionDurationSec, eventType)
    out.push({
      event: {
        userId,
        eventType,
        deviceType: plan.mobile ? 'mobile' : 'desktop',
        hourOfDay: hourOfDay(timestampMs),
        dayOfWeek: dayOfWeek(timestampMs),
        sessionDurationSec,
        eventsInSession: count,
        timestampMs,
        request: undefined,
      },
      kind: odd ? kind : '',
    })
  }
  return timestampMs
}

/** Poisson variate by counting (Knuth 1969); for small means. */
function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++
  return count
}
