import { defineFeatureSet, type FeatureSet } from './feature-set.ts'
import { device, eventsInSession, eventType, hour, pace, rates, sessionDuration, weekday } from './parts.ts'

/**
 * The feature set of the bundled model: how far session, pace and rates lie over what is usual for this user, in the
 * user's own spreads, and how surprising hour, weekday, kind of event and device are.
 */
export function behavior(eventTypes: readonly string[]): FeatureSet {
  return defineFeatureSet(
    'behavior',
    [sessionDuration, eventsInSession, pace, ...rates],
    [hour, weekday, eventType(eventTypes), device],
    [
      { name: 'session_duration_deviation', of: 'above', quantity: 'session_duration' },
      { name: 'events_in_session_deviation', of: 'above', quantity: 'events_in_session' },
      { name: 'pace_deviation', of: 'above', quantity: 'pace' },
      { name: 'rate_1m_deviation', of: 'above', quantity: 'rate_1m' },
      { name: 'rate_10m_deviation', of: 'above', quantity: 'rate_10m' },
      { name: 'rate_1h_deviation', of: 'above', quantity: 'rate_1h' },
      { name: 'hour_surprise', of: 'surprise', category: 'hour' },
      { name: 'hour_rarity', of: 'rarity', category: 'hour' },
      { name: 'weekday_surprise', of: 'surprise', category: 'weekday' },
      { name: 'weekday_rarity', of: 'rarity', category: 'weekday' },
      { name: 'event_type_surprise', of: 'surprise', category: 'event_type' },
      { name: 'event_type_rarity', of: 'rarity', category: 'event_type' },
      { name: 'device_surprise', of: 'surprise', category: 'device' },
      { name: 'device_rarity', of: 'rarity', category: 'device' },
    ],
  )
}
