import { type Category, type Quantity, WINDOWS_SEC } from '../baseline/layout.ts'
import { DEVICE_TYPES } from '../event.ts'

/** The quantities and categories that the feature sets of activity events are made of. */

const identity = (value: number): number => value

export const sessionDuration: Quantity = {
  name: 'session_duration',
  timed: false,
  of: (facts) => Math.log1p(facts.sessionDurationSec),
  inUnits: Math.expm1,
  unit: 'seconds into the session',
  leastSpread: 0.3,
  assumed: { mean: 5, variance: 2 },
}

export const eventsInSession: Quantity = {
  name: 'events_in_session',
  timed: false,
  of: (facts) => Math.log(facts.eventsInSession),
  inUnits: Math.exp,
  unit: 'events in the session',
  leastSpread: 0.3,
  assumed: { mean: 1.5, variance: 1 },
}

/** Half an event in half a minute is added, so that the first events of a session, which have no pace yet, have a calm one. */
const PACE_EVENTS = 0.5
const PACE_SEC = 30

export const pace: Quantity = {
  name: 'pace',
  timed: false,
  of: (facts) => Math.log((facts.eventsInSession - 1 + PACE_EVENTS) / (facts.sessionDurationSec + PACE_SEC)),
  inUnits: Math.exp,
  unit: 'events per second',
  leastSpread: 0.3,
  assumed: { mean: -3.5, variance: 1 },
}

const WINDOW_NAMES: readonly string[] = ['1m', '10m', '1h']

export const rates: readonly Quantity[] = WINDOWS_SEC.map((_, i) => ({
  name: `rate_${WINDOW_NAMES[i]}`,
  timed: true,
  of: (facts) => Math.log(facts.windows[i] as number),
  inUnits: Math.exp,
  unit: `events in the last ${['minute', '10 minutes', 'hour'][i]}`,
  leastSpread: 0.7,
  assumed: { mean: 1, variance: 1 },
}))

export const sessionDurationSec: Quantity = {
  name: 'session_duration_sec',
  timed: false,
  of: (facts) => facts.sessionDurationSec,
  inUnits: identity,
  unit: 'seconds into the session',
  leastSpread: 1,
  assumed: { mean: 300, variance: 250_000 },
}

export const eventCount: Quantity = {
  name: 'event_count',
  timed: false,
  of: (facts) => facts.eventsInSession,
  inUnits: identity,
  unit: 'events in the session',
  leastSpread: 1,
  assumed: { mean: 8, variance: 64 },
}

export const hour: Category = {
  name: 'hour',
  size: 24,
  circular: true,
  perSession: true,
  of: (facts) => facts.event.hourOfDay,
  label: (index) => `${String(index).padStart(2, '0')}:00`,
}

const WEEKDAYS: readonly string[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

export const weekday: Category = {
  name: 'weekday',
  size: 7,
  circular: false,
  perSession: true,
  of: (facts) => facts.event.dayOfWeek,
  label: (index) => WEEKDAYS[index] ?? '',
}

export const device: Category = {
  name: 'device',
  size: DEVICE_TYPES.length,
  circular: false,
  perSession: true,
  of: (facts) => (facts.event.deviceType === 'mobile' ? 1 : 0),
  label: (index) => DEVICE_TYPES[index] ?? '',
}

/** @param eventTypes those that the model knows, in its order */
export function eventType(eventTypes: readonly string[]): Category {
  return {
    name: 'event_type',
    size: eventTypes.length,
    circular: false,
    perSession: false,
    of: (facts) => facts.eventType,
    label: (index) => eventTypes[index] ?? '',
  }
}
