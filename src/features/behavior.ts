import { defineFeatureSet, type Feature, type FeatureSet } from './feature-set.ts'
import { device, eventsInSession, eventType, hour, pace, rates, sessionDuration, weekday } from './parts.ts'

const FEATURES: readonly Feature[] = [
  { name: 'session_duration_surprise', of: 'surprise', quantity: 'session_duration' },
  { name: 'events_in_session_surprise', of: 'surprise', quantity: 'events_in_session' },
  { name: 'pace_surprise', of: 'surprise', quantity: 'pace' },
  { name: 'rate_1m_surprise', of: 'surprise', quantity: 'rate_1m' },
  { name: 'rate_10m_surprise', of: 'surprise', quantity: 'rate_10m' },
  { name: 'rate_1h_surprise', of: 'surprise', quantity: 'rate_1h' },
  { name: 'hour_surprise', of: 'surprise', category: 'hour' },
  { name: 'weekday_surprise', of: 'surprise', category: 'weekday' },
  { name: 'event_type_surprise', of: 'surprise', category: 'event_type' },
  { name: 'device_surprise', of: 'surprise', category: 'device' },
  { name: 'strongest_surprise', of: 'strongest' },
]

/**
 * The other features say in how many ways an event is odd; this one says how odd it is at most. A forest that looks at it
 * in two splits of seven finds both (chosen on simulated activity of two programs).
 */
const STRONGEST_WEIGHT = 4

/**
 * The feature set of the bundled model: how surprising, for this very user, are the length and pace of the session, the
 * rates over a minute, ten and an hour, the hour, the weekday, the kind of event and the device; all in nats.
 */
export function behavior(eventTypes: readonly string[]): FeatureSet {
  return defineFeatureSet(
    'behavior',
    [sessionDuration, eventsInSession, pace, ...rates],
    [hour, weekday, eventType(eventTypes), device],
    FEATURES,
    {
      scoring: 'depth',
      featureChoice: 'uniform',
      featureWeights: FEATURES.map(({ of }) => (of === 'strongest' ? STRONGEST_WEIGHT : 1)),
    },
  )
}
