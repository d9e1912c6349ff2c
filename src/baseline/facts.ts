import type { BehaviorEvent } from '../event.ts'
import { AT, readTime, WINDOWS_SEC, writeTime } from './layout.ts'

/** An event this much older than the one before was not late: one of the two clocks was wrong. */
const WRONG_CLOCK_MS = 86_400_000

/** This much silence ends a session. */
export const SESSION_SILENCE_MS: number = 30 * 60_000

/** A session is no longer than this, far beyond any: what a baseline's floats can hold. */
const MOST_DURATION_SEC = 1e38

/**
 * What an event amounts to for the user who made it: the session it belongs to and the rates it adds up to. One object,
 * filled anew for each event.
 */
export interface Facts {
  event: BehaviorEvent
  /** Index of the event's type among those that the model knows. */
  eventType: number
  sessionDurationSec: number
  eventsInSession: number
  /** Whether the event carries a time; without one the windows are empty and the silence is unknown. */
  timed: boolean
  /** Milliseconds since the user's last event; Infinity where there is none or no time. Never negative. */
  silenceMs: number
  /** Whether the event goes on with the session of the one before. */
  goesOn: boolean
  /** Events in each exponential window, this one included: the events so far, each discounted by e^(-age/window). */
  readonly windows: Float64Array
}

export function emptyFacts(): Facts {
  return {
    event: {
      userId: '',
      eventType: '',
      deviceType: 'desktop',
      hourOfDay: 0,
      dayOfWeek: 0,
      sessionDurationSec: 0,
      eventsInSession: 1,
      timestampMs: undefined,
    },
    eventType: 0,
    sessionDurationSec: 0,
    eventsInSession: 1,
    timed: false,
    silenceMs: Number.POSITIVE_INFINITY,
    goesOn: false,
    windows: new Float64Array(WINDOWS_SEC.length),
  }
}

/**
 * Fills `facts` from an event and the baseline as it was before it. An event that is a little older than the user's last
 * one (out of order) is taken as simultaneous with it. One that is a day older says that the last one's clock was wrong:
 * its session is over, and time goes on from the older event, lest one time from the future spoil the user for good.
 */
export function gatherFacts(facts: Facts, event: BehaviorEvent, eventType: number, baseline: Float32Array): void {
  const { timestampMs } = event
  facts.event = event
  facts.eventType = eventType
  facts.timed = timestampMs !== undefined
  const nowMs = Math.floor(timestampMs ?? 0)
  const lastMs = readTime(baseline, AT.lastEvent)
  const known = facts.timed && (baseline[AT.lastTimed] as number) > 0 && lastMs - nowMs < WRONG_CLOCK_MS
  facts.silenceMs = known ? Math.max(0, nowMs - lastMs) : Number.POSITIVE_INFINITY

  for (let i = 0; i < WINDOWS_SEC.length; i++) {
    const before = known ? (baseline[AT.windows + i] as number) : 0
    facts.windows[i] = 1 + before * Math.exp(-facts.silenceMs / ((WINDOWS_SEC[i] as number) * 1000))
  }

  const sessionEvents = baseline[AT.sessionEvents] as number
  const { eventsInSession } = event
  const sessionDurationSec =
    event.sessionDurationSec === undefined ? undefined : Math.min(event.sessionDurationSec, MOST_DURATION_SEC)
  if (eventsInSession === undefined || sessionDurationSec === undefined) {
    facts.goesOn = known && facts.silenceMs <= SESSION_SILENCE_MS
    facts.eventsInSession = eventsInSession ?? (facts.goesOn ? sessionEvents + 1 : 1)
    facts.sessionDurationSec =
      sessionDurationSec ?? (facts.goesOn ? Math.max(0, nowMs - readTime(baseline, AT.sessionStart)) / 1000 : 0)
  } else {
    // The log counts its sessions itself: one goes on where the count goes up by one and the clock does not go back.
    facts.goesOn =
      eventsInSession === sessionEvents + 1 &&
      sessionEvents > 0 &&
      sessionDurationSec >= (baseline[AT.sessionDurationSec] as number)
    facts.eventsInSession = eventsInSession
    facts.sessionDurationSec = sessionDurationSec
  }
}

/** Carries session and windows forward to the event: the state from which the next event's facts are gathered. */
export function advanceClock(facts: Facts, baseline: Float32Array): void {
  baseline[AT.sessionEvents] = facts.eventsInSession
  baseline[AT.sessionDurationSec] = facts.sessionDurationSec
  baseline[AT.lastTimed] = facts.timed ? 1 : 0
  if (!facts.timed) return
  const lastMs = facts.silenceMs === Number.POSITIVE_INFINITY ? 0 : readTime(baseline, AT.lastEvent)
  const nowMs = Math.max(lastMs, Math.floor(facts.event.timestampMs ?? 0))
  // Where the session began before the times did, or the log says when, the start is reckoned back.
  if (!facts.goesOn || facts.silenceMs === Number.POSITIVE_INFINITY) {
    writeTime(baseline, AT.sessionStart, Math.max(0, nowMs - facts.sessionDurationSec * 1000))
  }
  writeTime(baseline, AT.lastEvent, nowMs)
  for (let i = 0; i < WINDOWS_SEC.length; i++) baseline[AT.windows + i] = facts.windows[i] as number
}
