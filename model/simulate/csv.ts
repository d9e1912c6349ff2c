import type { LabelledEvent } from './index.ts'

const HEADER = 'timestamp,user_id,event_type,session_duration_sec,events_in_session,hour_of_day,day_of_week,device_type'

/** `events.csv`: the timestamp and the seven fields, a row an event. Nothing in it says what is odd. */
export function* eventsCsv(events: Iterable<LabelledEvent>): Generator<string> {
  yield `${HEADER}\n`
  for (const { event } of events) {
    yield `${new Date(event.timestampMs).toISOString()},${event.userId},${event.eventType},${event.sessionDurationSec},${event.eventsInSession},${event.hourOfDay},${event.dayOfWeek},${event.deviceType}\n`
  }
}

/** `labels.csv`: row (0 = the first event) and kind, empty for normal. */
export function* labelsCsv(events: Iterable<LabelledEvent>): Generator<string> {
  yield 'row,kind\n'
  let row = 0
  for (const { kind } of events) yield `${row++},${kind}\n`
}
