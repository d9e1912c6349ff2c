import { defineFeatureSet, type FeatureSet } from './feature-set.ts'
import { device, eventCount, eventType, hour, sessionDurationSec, weekday } from './parts.ts'

/**
 * The older recipe's features by name: raw values, per-user means, linear differences, types by number. For comparison:
 * `behavior` finds far more.
 */
export function classic(eventTypes: readonly string[]): FeatureSet {
  return defineFeatureSet(
    'classic',
    [sessionDurationSec, eventCount],
    [hour, weekday, eventType(eventTypes), device],
    [
      { name: 'session_duration_sec', of: 'value', quantity: 'session_duration_sec' },
      { name: 'events_in_session', of: 'value', quantity: 'event_count' },
      { name: 'hour_of_day', of: 'choice', category: 'hour' },
      { name: 'day_of_week', of: 'choice', category: 'weekday' },
      { name: 'event_type', of: 'choice', category: 'event_type' },
      { name: 'device_type', of: 'choice', category: 'device' },
      { name: 'user_session_duration_mean', of: 'mean', quantity: 'session_duration_sec' },
      { name: 'user_session_duration_spread', of: 'spread', quantity: 'session_duration_sec' },
      { name: 'user_events_in_session_mean', of: 'mean', quantity: 'event_count' },
      { name: 'user_typical_hour', of: 'typical', category: 'hour' },
      { name: 'session_duration_difference', of: 'difference', quantity: 'session_duration_sec' },
      { name: 'events_in_session_difference', of: 'difference', quantity: 'event_count' },
      { name: 'hour_distance', of: 'distance', category: 'hour' },
    ],
    { scoring: 'depth', featureChoice: 'uniform' },
  )
}
