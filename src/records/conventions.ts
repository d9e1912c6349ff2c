import type { Activity, ActivityField } from './activity.ts'
import { parseRequestLine } from './combined.ts'
import { EVENT_FIELDS } from './mapping.ts'
import { isRecord, type LogRecord } from './row.ts'

/**
 * How logs tell of requests: OpenTelemetry's semantic conventions, and the names that web servers, frameworks and CDNs
 * use. Which one a record follows is told by where its method stands.
 *
 * A dot in a name may be a dot in a flat name, or a step into an object. Headers that clients can send by themselves
 * (`x-forwarded-for`) are no client's address, here as anywhere.
 */
export const CONVENTIONS = ['otel', 'access'] as const
export type Convention = (typeof CONVENTIONS)[number]

type Names = { readonly [field in ActivityField]?: readonly string[] }

/** Tried for every record, after a convention's own names. */
const COMMON: Names = {
  user_id: ['user_id', 'user.id', 'userId', 'enduser.id'],
  session_id: ['session_id', 'session.id', 'sessionId'],
  client_address: ['client_address', 'client.address', 'clientAddress'],
  timestamp: ['timestamp', '@timestamp', 'time', 'ts'],
  user_agent: ['user_agent', 'userAgent', 'user_agent.original'],
}

const OTEL: Names = {
  method: ['http.request.method', 'http.method'],
  path: ['url.path', 'http.target', 'url.original', 'url.full', 'http.url'],
  route: ['http.route'],
  status: ['http.response.status_code', 'http.status_code'],
  bytes: ['http.response.body.size', 'http.response.body.bytes', 'http.response_content_length'],
  user_agent: ['user_agent.original', 'http.user_agent'],
  // Elastic's names beside OpenTelemetry's, and those of instrumentations from before 2023.
  client_address: ['client.address', 'client.ip', 'net.sock.peer.addr', 'net.peer.ip'],
}

/** nginx, Apache and Caddy as people set them up, morgan, and `hedgerow score` on an access log. */
const FLAT: Names = {
  method: ['method', 'request_method', 'requestMethod', 'http_method', 'verb'],
  path: ['path', 'uri', 'request_uri', 'requestUri', 'url', 'request_path', 'requestPath', 'request_url'],
  route: ['route'],
  status: ['status', 'status_code', 'statusCode', 'response_status'],
  bytes: ['bytes', 'bytes_sent', 'body_bytes_sent', 'response_size', 'size'],
  user_agent: ['user_agent', 'userAgent', 'http_user_agent', 'agent'],
  user_id: ['remote_user', 'user', 'username'],
  client_address: [
    'client_ip',
    'clientIp',
    'clientIP',
    'remote_addr',
    'remote_ip',
    'remoteIp',
    'remote_address',
    'remoteAddress',
    'client',
    'ip',
  ],
  timestamp: ['time_iso8601', 'time_local', 'msec', 'datetime', 'date'],
}

const CLOUDFLARE: Names = {
  method: ['ClientRequestMethod'],
  path: ['ClientRequestPath', 'ClientRequestURI'],
  status: ['EdgeResponseStatus'],
  bytes: ['EdgeResponseBytes'],
  user_agent: ['ClientRequestUserAgent'],
  client_address: ['ClientIP'],
  timestamp: ['EdgeStartTimestamp', 'EdgeEndTimestamp'],
}

const TRAEFIK: Names = {
  method: ['RequestMethod'],
  path: ['RequestPath'],
  status: ['DownstreamStatus'],
  bytes: ['DownstreamContentSize'],
  user_agent: ['request_User-Agent'],
  user_id: ['ClientUsername'],
  client_address: ['ClientHost'],
  timestamp: ['StartUTC'],
}

const GOOGLE: Names = {
  method: ['httpRequest.requestMethod'],
  path: ['httpRequest.requestUrl'],
  status: ['httpRequest.status'],
  bytes: ['httpRequest.responseSize'],
  user_agent: ['httpRequest.userAgent'],
  client_address: ['httpRequest.remoteIp'],
}

/** pino-http and its like (`req`, `res`), Caddy (`request`), and what Workers tell a tail (`event.request`). */
function nested(request: string, response: string): Names {
  const inRequest = (...names: string[]): string[] => names.map((name) => `${request}.${name}`)
  return {
    method: inRequest('method'),
    path: inRequest('path', 'uri', 'originalUrl', 'url'),
    status: [`${response}.statusCode`, `${response}.status`, 'status'],
    bytes: ['size', 'bytes'],
    user_agent: inRequest('headers.user-agent', 'headers.User-Agent'),
    user_id: [...inRequest('user.id', 'user_id', 'userId'), 'user'],
    client_address: inRequest('client_ip', 'remote_ip', 'remoteAddress', 'ip'),
    timestamp: ['eventTimestamp'],
  }
}

type Lookup = (record: LogRecord) => unknown

interface Reader {
  readonly method: Lookup
  readonly fields: readonly (readonly [field: ActivityField, lookup: Lookup])[]
}

const READERS: Readonly<Record<Convention, readonly Reader[]>> = {
  otel: [readerOf(OTEL)],
  access: [
    FLAT,
    CLOUDFLARE,
    nested('req', 'res'),
    nested('request', 'response'),
    nested('event.request', 'event.response'),
    TRAEFIK,
    GOOGLE,
  ].map(readerOf),
}

const NO_METHOD = readerOf({ method: [] })

const METHOD = /^([A-Z][A-Z_-]{2,31}|_OTHER)$/

/** What a record says of an activity, by the first of the conventions that it follows. */
export function activityOf(record: LogRecord, conventions: readonly Convention[]): Activity {
  for (const convention of conventions) {
    for (const reader of READERS[convention]) {
      const method = reader.method(record)
      if (typeof method === 'string' && METHOD.test(method)) return read(record, reader)
    }
    const { attributes } = record
    // A log record or a span of OpenTelemetry's, as a whole.
    if (convention === 'otel' && isRecord(attributes)) {
      const inside = activityOf(attributes, ['otel'])
      if (inside.method !== undefined) return { ...inside, timestamp: inside.timestamp ?? timeOf(record) }
    }
  }
  const { request } = record
  const line = typeof request === 'string' && conventions.includes('access') ? parseRequestLine(request) : undefined
  if (line === undefined || line.method === null) return read(record, NO_METHOD)
  const flat = READERS.access[0] as Reader
  return { ...read(record, flat), method: line.method, path: line.path }
}

function read(record: LogRecord, { fields }: Reader): Activity {
  const activity: { [field in ActivityField]?: unknown } = {}
  for (let i = 0; i < fields.length; i++) {
    const [field, lookup] = fields[i] as Reader['fields'][number]
    const value = lookup(record)
    if (value !== undefined) activity[field] = value
  }
  return activity
}

function timeOf(record: LogRecord): unknown {
  return firstOf(['startTime', 'hrTime', 'timestamp', 'time', 'timeUnixNano', 'startTimeUnixNano'])(record)
}

function readerOf(names: Names): Reader {
  const fields = new Set<ActivityField>([
    ...EVENT_FIELDS,
    ...(Object.keys(names) as ActivityField[]),
    ...(Object.keys(COMMON) as ActivityField[]),
  ])
  const lookups = [...fields].map((field): Reader['fields'][number] => {
    // An identity that the application wrote itself comes before the one that the server knows.
    const candidates =
      field === 'user_id'
        ? [...(COMMON[field] ?? []), ...(names[field] ?? [])]
        : [...(names[field] ?? []), ...(COMMON[field] ?? [])]
    return [field, firstOf(candidates.length === 0 ? [field] : candidates)]
  })
  return { method: firstOf(names.method ?? []), fields: lookups }
}

/** The first of these that a record has; `-` is what logs write for nothing. */
function firstOf(names: readonly string[]): Lookup {
  const lookups = names.map(lookupOf)
  return (record) => {
    for (let i = 0; i < lookups.length; i++) {
      const value = (lookups[i] as Lookup)(record)
      if (isSaid(value)) return unlisted(value)
    }
    return undefined
  }
}

function isSaid(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === '-') return false
  return !isRecord(value) || value instanceof Date
}

/** A header that may come several times is a list: Caddy's are, always. */
function unlisted(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value
}

function lookupOf(name: string): Lookup {
  const steps = name.split('.')
  if (steps.length === 1) return (record) => (Object.hasOwn(record, name) ? record[name] : undefined)
  return (record) => {
    if (Object.hasOwn(record, name)) return record[name]
    let value: unknown = record
    for (const step of steps) {
      if (!isRecord(value) || !Object.hasOwn(value, step)) return undefined
      value = value[step]
    }
    return value
  }
}
