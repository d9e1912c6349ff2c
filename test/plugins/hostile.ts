import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../src/records/row.ts'

/** What no plug-in may stumble over: the one list for all of them. */

/** An event of the wire, at ten on a Monday. */
export function event(user: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { user_id: user, event_type: 'view', device_type: 'desktop', timestamp: '2026-01-05T10:00:00Z', ...more }
}

const MEGABYTES_10 = 10_000_000
const DEEP = 5000
const nested = `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`

/** An event's text with something else in front of its first member. */
function withText(member: string, user = 'ada'): string {
  return `{${member},${JSON.stringify(event(user)).slice(1)}`
}

/** An event's text with some members changed, or taken away by undefined. */
const changed = (more: Readonly<Record<string, unknown>>): string => JSON.stringify(event('ada', more))

type Lines = readonly (readonly [what: string, line: string])[]

/** Lines each of which is to pass as it is. */
export const HOSTILE_LINES: Lines = [
  ['no JSON', 'GET / 200'],
  ['half an object', '{"user_id":"ada","event_type":"view"'],
  ['an object and more', `${JSON.stringify(event('ada'))} {}`],
  ['JSON as Python writes it', "{'user_id': 'ada', 'event_type': None}"],
  ['a number that JSON does not have', changed({}).replace('"ada"', 'NaN')],
  ['nothing', ''],
  ['null', 'null'],
  ['a number', '17'],
  ['text', '"view"'],
  ['a list', '[{"user_id":"ada"}]'],
  ['an empty object', '{}'],
  ['an object that is no event', '{"msg":"ready","time":1767603600000}'],
  ['a field missing', '{"user_id":"ada","event_type":"view"}'],
  ['no user', changed({ user_id: undefined })],
  ['an empty user', changed({ user_id: '' })],
  ['null for a user', changed({ user_id: null })],
  ['a user id of 300 characters', changed({ user_id: 'x'.repeat(300) })],
  ['fields of wrong types', '{"user_id":{"a":1},"event_type":["view"],"device_type":7,"timestamp":false}'],
  ['an event type that nobody knows', changed({ event_type: 'launch' })],
  ['the name of a method as an event type', changed({ event_type: 'constructor' })],
  ['a device that nobody knows', changed({ device_type: 'toaster' })],
  ['a time that is none', changed({ timestamp: 'soon' })],
  ['a time beyond all calendars', changed({ timestamp: '+999999-01-01T00:00:00Z' })],
  ['an hour that no day has', changed({ hour_of_day: 24 })],
  ['a session that ends before it begins', changed({ session_duration_sec: -1 })],
  ['a session that is endless', changed({}).replace('{', '{"session_duration_sec":1e999,')],
  ['half an event in a session', changed({ events_in_session: 0.5 })],
  ['a request of wrong types', '{"method":{"GET":1},"path":["/"],"status":"ok","client_ip":"192.0.2.1"}'],
  ['prototypes', '{"__proto__":{"user_id":"ada"},"constructor":{"prototype":{"event_type":"view"}}}'],
  ['objects 5,000 deep', nested],
  ['lists 5,000 deep', `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`],
  ['10 MB that are no JSON', 'x'.repeat(MEGABYTES_10)],
  ['10 MB of text in a field', JSON.stringify({ msg: 'y'.repeat(MEGABYTES_10) })],
  ['10 MB for a user', changed({ user_id: 'u'.repeat(MEGABYTES_10) })],
]

/** Lines that tell of an event, whatever else stands in them: each is to be scored, and to stay as it was written. */
export const HOSTILE_EVENTS: Lines = [
  ['half of a character', withText('"note":"\\ud800"')],
  ['control characters', withText('"note":"\\u0000\\u001b[2J\\u2028\u2028\u0085"')],
  ['numbers that no double holds', withText('"a":12345678901234567890,"b":1e999,"c":-0.0,"d":1.50')],
  ['a name twice', withText('"user_id":"eve"')],
  [
    'names of prototypes',
    withText('"__proto__":{"user_id":"eve"},"constructor":1,"toString":2,"hasOwnProperty":3,"then":4'),
  ],
  ['spaces everywhere', ` { "a" : [ ] , ${JSON.stringify(event('ada')).slice(1, -1)} } `],
  ['braces in text', withText('"note":"}}{{\\"}],","\\"}":"{"')],
  ['a user of markup and line ends', JSON.stringify(event('<b>\r\n"ada"\u2029'))],
  ['10,000 further fields', changed(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i])))],
  ['objects 5,000 deep in a field', withText(`"note":${nested}`)],
  ['10 MB of text in a field', withText(`"note":"${'z'.repeat(MEGABYTES_10)}"`)],
]

/** What only hosts of objects can be given, made anew each time; none of it is an event. */
export const HOSTILE_OBJECTS: readonly (readonly [what: string, make: () => object])[] = [
  ['a circle', () => circle()],
  ['a getter that throws', () => Object.defineProperty(event('ada'), 'user_id', { get: refuse, enumerable: true })],
  ['a proxy that refuses everything', () => new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse })],
  ['a proxy that was revoked', revoked],
  ['an object without a prototype', () => Object.assign(Object.create(null) as object, { msg: 'ready' })],
  ['an object that cannot be changed', () => Object.freeze({ msg: 'ready' })],
  ['numbers that JSON does not have', () => ({ msg: 17n, user_id: Number.NaN, timestamp: new Date(Number.NaN) })],
  ['an object that will not be JSON', () => ({ toJSON: refuse })],
  ['an object that is nothing in JSON', () => ({ toJSON: () => undefined })],
  ['an object that looks like a promise', () => Object.defineProperty({ msg: 'ready' }, 'then', { value: refuse })],
  ['fields without names', () => ({ [Symbol('user_id')]: 'ada', [Symbol.toPrimitive]: refuse })],
  ['an object 5,000 deep', () => JSON.parse(nested) as object],
  ['a map', () => new Map(Object.entries(event('ada')))],
]

function refuse(): never {
  throw new Error('no')
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function circle(): object {
  const ring: Record<string, unknown> = { msg: 'ready' }
  ring.self = ring
  return ring
}

/** Those of the lines that are JSON objects, as values that stay what they are when a host makes JSON of them again. */
export function objectsAmong(lines: Lines): (readonly [what: string, value: Record<string, unknown>])[] {
  return lines.flatMap(([what, line]) => {
    const value = parsedOf(line)
    return isRecord(value) && isDeepStrictEqual(parsedOf(line, true), value) ? [[what, value] as const] : []
  })
}

function parsedOf(line: string, again = false): unknown {
  try {
    const value: unknown = JSON.parse(line)
    return again ? JSON.parse(JSON.stringify(value)) : value
  } catch {
    return undefined
  }
}
