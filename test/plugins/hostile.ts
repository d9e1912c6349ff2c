/** Lines that no plug-in may stumble over, each of them to pass as it is. */
export const HOSTILE_LINES: readonly (readonly [what: string, line: string])[] = [
  ['no JSON', 'GET / 200'],
  ['half an object', '{"user_id":"ada","event_type":"view"'],
  ['nothing', ''],
  ['null', 'null'],
  ['a number', '17'],
  ['a list', '[{"user_id":"ada"}]'],
  ['an object that is no event', '{"msg":"ready","time":1767603600000}'],
  ['a field missing', '{"user_id":"ada","event_type":"view"}'],
  ['fields of wrong types', '{"user_id":{"a":1},"event_type":["view"],"device_type":7,"timestamp":false}'],
  ['a time that is none', '{"user_id":"ada","event_type":"view","device_type":"mobile","timestamp":"soon"}'],
  ['a user id of 300 characters', JSON.stringify({ ...event('x'.repeat(300)) })],
  ['prototypes', '{"__proto__":{"user_id":"ada"},"constructor":{"prototype":{"event_type":"view"}}}'],
  ['objects 5,000 deep', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
  ['10 MB that are no JSON', 'x'.repeat(10_000_000)],
  ['10 MB of text in a field', JSON.stringify({ msg: 'y'.repeat(10_000_000) })],
]

/** An event of the wire, at ten on a Monday. */
export function event(user: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { user_id: user, event_type: 'view', device_type: 'desktop', timestamp: '2026-01-05T10:00:00Z', ...more }
}
