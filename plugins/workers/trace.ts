import { isRecord, type LogRecord } from '../../src/records/row.ts'

/** The part of what Workers tell a tail that is used: of Cloudflare's `TraceItem`. */
export interface TraceItemLike {
  readonly event: object | null
  readonly eventTimestamp: number | null
  readonly logs: readonly { readonly timestamp: number; readonly message: unknown }[]
  readonly scriptName: string | null
  readonly outcome: string
}

/** A request, and what was answered. */
export interface Exchange {
  readonly method: string
  readonly url: string
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, unknown>>
  readonly status: number | undefined
  readonly timeMs: number
  readonly scriptName: string | undefined
  readonly outcome: string
}

/**
 * The record of a request, by the names of OpenTelemetry's semantic conventions. Who made it is the address that
 * Cloudflare vouches for: where the Worker knows better, it logs events, or `recordsOf` says who it was. Neither query
 * nor any other header is in it.
 */
export function requestRecord({ method, url, headers, status, timeMs, scriptName, outcome }: Exchange): LogRecord {
  return {
    timestamp: new Date(timeMs).toISOString(),
    'http.request.method': method,
    'url.path': pathOf(url),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(typeof headers['user-agent'] === 'string' ? { 'user_agent.original': headers['user-agent'] } : {}),
    ...(typeof headers['cf-connecting-ip'] === 'string' ? { 'client.address': headers['cf-connecting-ip'] } : {}),
    ...(scriptName === undefined ? {} : { script_name: scriptName }),
    outcome,
  }
}

/**
 * The records that an invocation gives: what the Worker logged as events, `console.log({ user_id, event_type, … })`, each
 * at the time when it was logged; where it logged none, the request.
 */
export function tailRecords(item: TraceItemLike): LogRecord[] {
  const logged = item.logs.flatMap(({ timestamp, message }) => loggedEvents(message, timestamp))
  if (logged.length > 0) return logged
  const exchange = exchangeOf(item)
  return exchange === undefined ? [] : [requestRecord(exchange)]
}

/** The events among what was given to `console.log` at once. */
export function loggedEvents(message: unknown, timeMs: number): LogRecord[] {
  const values: readonly unknown[] = Array.isArray(message) ? message : [message]
  return values.flatMap((value) => {
    const record = asRecord(value)
    if (record === undefined || !Object.hasOwn(record, 'event_type')) return []
    return [Object.hasOwn(record, 'timestamp') ? record : { timestamp: new Date(timeMs).toISOString(), ...record }]
  })
}

/** Loggers write objects, or their JSON. */
function asRecord(value: unknown): LogRecord | undefined {
  try {
    if (isRecord(value)) return value
    if (typeof value !== 'string' || !value.startsWith('{') || !value.includes('"event_type"')) return undefined
    const parsed: unknown = JSON.parse(value)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function exchangeOf(item: TraceItemLike): Exchange | undefined {
  const { event, eventTimestamp, scriptName, outcome } = item
  const request: unknown = event === null ? undefined : Reflect.get(event, 'request')
  if (event === null || !isRecord(request) || eventTimestamp === null) return undefined
  const { method, url, headers } = request
  if (typeof method !== 'string' || typeof url !== 'string') return undefined
  const response: unknown = Reflect.get(event, 'response')
  const status = isRecord(response) && typeof response.status === 'number' ? response.status : undefined
  const known = isRecord(headers) ? headers : {}
  return { method, url, headers: known, status, timeMs: eventTimestamp, scriptName: scriptName ?? undefined, outcome }
}

function pathOf(url: string): string {
  try {
    return new URL(url).pathname
  } catch {
    return '/'
  }
}
