import { type BehaviorEvent, formatProblems, MAX_USER_ID_LENGTH, type ParsedEvent, parseEvent } from '../event.ts'
import { classifyRequest, deviceOf } from '../request.ts'
import { dayOfWeek, hourOfDay } from '../time.ts'
import { ACCESS_FIELDS, type AccessLine, parseAccessLine } from './combined.ts'
import { compileMapping, type Mapping, short } from './mapping.ts'
import { routeOf } from './route.ts'
import { type LineReader, type LogRecord, ownText, RecordsError, type Row, withoutMark } from './row.ts'

/** Reads access logs: a line is a request, a request is an event. */
export class AccessLogReader implements LineReader {
  readonly #toEvent: (access: AccessLine) => ParsedEvent

  /** @throws RecordsError where the mapping names what an access log does not have */
  constructor(mapping: Mapping, eventTypes: readonly string[]) {
    const mapped = Object.keys(mapping).length > 0
    this.#toEvent = mapped ? mappedEvent(mapping, eventTypes) : (access) => plainEvent(access, eventTypes)
  }

  read(line: number, text: string, end: string, bytes: Uint8Array | undefined, rows: Row[]): void {
    const access = parseAccessLine(withoutMark(text))
    if (typeof access === 'string') {
      rows.push({ kind: 'problem', line, text, end, bytes, record: undefined, reason: access, problems: [] })
      return
    }
    const { record } = access
    const parsed = this.#toEvent(access)
    if (parsed.ok) rows.push({ kind: 'event', line, text, end, bytes, record, event: parsed.event })
    else {
      const { problems } = parsed
      rows.push({ kind: 'problem', line, text, end, bytes, record, reason: formatProblems(problems), problems })
    }
  }
}

function plainEvent(access: AccessLine, eventTypes: readonly string[]): ParsedEvent {
  const event = accessEvent(access)
  const { userId, eventType } = event
  if (userId.length <= MAX_USER_ID_LENGTH && eventTypes.includes(eventType)) return { ok: true, event }
  return parseEvent(wireOf(event), eventTypes)
}

/** What the line says of an event, with the mapped fields in the place of the derived ones where the line has them. */
function mappedEvent(mapping: Mapping, eventTypes: readonly string[]): (access: AccessLine) => ParsedEvent {
  const fieldsOf = compileMapping(mapping, true)
  for (const path of Object.values(mapping)) {
    if (!ACCESS_FIELDS.includes(path)) {
      throw new RecordsError(`${short(path)} is no field of an access log; these are: ${ACCESS_FIELDS.join(', ')}`, {
        code: 'mapping',
      })
    }
  }
  return (access) => {
    const event = accessEvent(access)
    const wire = wireOf(event)
    for (const [field, value] of Object.entries(fieldsOf(access.record))) {
      if (value !== undefined && value !== null) wire[field] = value
    }
    const parsed = parseEvent(wire, eventTypes)
    return parsed.ok ? { ok: true, event: { ...parsed.event, request: event.request } } : parsed
  }
}

function wireOf({ userId, eventType, deviceType, timestampMs = 0 }: BehaviorEvent): LogRecord {
  const timestamp = new Date(timestampMs).toISOString()
  return { user_id: userId, event_type: eventType, device_type: deviceType, timestamp }
}

/**
 * The event of a logged request. The user is the authenticated one, else the client's address. Where the request line is
 * none (`-` for a connection that asked nothing, the bytes of a TLS handshake on a plain port) the address was there all
 * the same, and probing is behaviour too: it is a `view`, which changes nothing, of method and route `-`.
 */
function accessEvent({ record, timestampMs }: AccessLine): BehaviorEvent {
  const { method, status, user, client, user_agent: agent } = record
  const route = record.path === null ? '-' : routeOf(record.path)
  return {
    userId: ownText(user ?? client),
    eventType: method === null ? 'view' : classifyRequest(method, route),
    deviceType: deviceOf(agent ?? undefined),
    hourOfDay: hourOfDay(timestampMs),
    dayOfWeek: dayOfWeek(timestampMs),
    sessionDurationSec: undefined,
    eventsInSession: undefined,
    timestampMs,
    request: {
      method: method === null ? '-' : ownText(method),
      route: ownText(route),
      status: status !== null && status >= 100 && status <= 599 ? status : undefined,
      bytes: record.bytes ?? 0, // the common log format writes `-` for none sent
    },
  }
}
