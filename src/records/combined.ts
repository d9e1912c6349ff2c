import { civilTime, digits, offsetMinutes } from '../time.ts'

/**
 * One line of an access log in the common or the combined format, as Apache and nginx write it:
 *
 *     client identity user [10/Oct/2000:13:55:36 -0700] "GET /path HTTP/1.1" 200 2326 "referer" "user agent"
 *
 * The last two are absent in the common format. Further fields after them (nginx's `$http_x_forwarded_for`, a duration)
 * are kept as one text. Values stand as the log has them, with the escapes that the server wrote (`\"`, `\x16`).
 */
export interface AccessRecord extends Record<string, unknown> {
  readonly client: string
  readonly identity: string | null
  /** The authenticated user; null where there was none. */
  readonly user: string | null
  /** As in the log, without its brackets. */
  readonly time: string
  readonly request: string
  /** Null, as are the next two, where the request line is none: `-`, or what a port scanner sent. */
  readonly method: string | null
  /** With its query. */
  readonly path: string | null
  /** Null also for HTTP/0.9, which had none. */
  readonly protocol: string | null
  readonly status: number | null
  /** Null where the log has `-`, which means that no bytes were sent. */
  readonly bytes: number | null
  readonly referer: string | null
  readonly user_agent: string | null
  /** What follows the user agent. */
  readonly more: string | null
}

/** The names that a mapping may use. */
export const ACCESS_FIELDS: readonly string[] = [
  ...['client', 'identity', 'user', 'time', 'request', 'method', 'path', 'protocol'],
  ...['status', 'bytes', 'referer', 'user_agent', 'more'],
] satisfies readonly (keyof AccessRecord)[]

export interface AccessLine {
  readonly record: AccessRecord
  readonly timestampMs: number
}

/** Reads a line, or says in words what is wrong with it. Takes time proportional to its length, whatever is in it. */
export function parseAccessLine(text: string): AccessLine | string {
  const clientEnd = text.indexOf(' ')
  if (clientEnd <= 0) return 'client address is missing'
  const identityEnd = text.indexOf(' ', clientEnd + 1)
  if (identityEnd < 0) return 'user is missing'

  // A user's name may hold spaces and brackets: it ends before the first bracket that opens something like a time.
  let open = text.indexOf(' [', identityEnd + 1)
  while (open >= 0 && !looksLikeTime(text, open + 2)) open = text.indexOf(' [', open + 1)
  if (open < 0) return 'time is missing, or not [dd/Mon/yyyy:hh:mm:ss ±hhmm]'
  const timestampMs = readTime(text, open + 2)
  if (timestampMs === undefined) return 'time is impossible'

  const requestStart = open + TIME_LENGTH + 5
  if (!text.startsWith('] "', open + 2 + TIME_LENGTH)) return 'request is missing'
  const requestEnd = closingQuote(text, requestStart)
  if (requestEnd < 0) return 'request is not terminated'

  if (text.charCodeAt(requestEnd + 1) !== SPACE) return 'status is missing'
  const statusEnd = fieldEnd(text, requestEnd + 2)
  const status = readCount(text, requestEnd + 2, statusEnd)
  if (status === undefined || (status !== null && statusEnd !== requestEnd + 5)) return 'status is no three digits'

  if (statusEnd === text.length) return 'bytes are missing'
  const bytesEnd = fieldEnd(text, statusEnd + 1)
  const bytes = readCount(text, statusEnd + 1, bytesEnd)
  if (bytes === undefined) return 'bytes are no count'

  let referer: string | null = null
  let userAgent: string | null = null
  let more: string | null = null
  if (bytesEnd < text.length) {
    if (text.charCodeAt(bytesEnd + 1) !== QUOTE) return 'referer is missing'
    const refererEnd = closingQuote(text, bytesEnd + 2)
    if (refererEnd < 0) return 'referer is not terminated'
    if (!text.startsWith(' "', refererEnd + 1)) return 'user agent is missing'
    const agentEnd = closingQuote(text, refererEnd + 3)
    if (agentEnd < 0) return 'user agent is not terminated'
    if (agentEnd + 1 < text.length) {
      if (text.charCodeAt(agentEnd + 1) !== SPACE) return 'user agent has text after its closing quote'
      more = text.slice(agentEnd + 2)
    }
    referer = orNull(text.slice(bytesEnd + 2, refererEnd))
    userAgent = orNull(text.slice(refererEnd + 3, agentEnd))
  }

  const request = text.slice(requestStart, requestEnd)
  const { method, path, protocol } = parseRequestLine(request)
  return {
    timestampMs,
    record: {
      client: text.slice(0, clientEnd),
      identity: orNull(text.slice(clientEnd + 1, identityEnd)),
      user: orNull(text.slice(identityEnd + 1, open)),
      time: text.slice(open + 2, open + 2 + TIME_LENGTH),
      request,
      method,
      path,
      protocol,
      status,
      bytes,
      referer,
      user_agent: userAgent,
      more,
    },
  }
}

const SPACE = 32
const QUOTE = 34
const BACKSLASH = 92

/** `dd/Mon/yyyy:hh:mm:ss ±hhmm` */
const TIME_LENGTH = 26
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

function looksLikeTime(text: string, at: number): boolean {
  return (
    text[at + 2] === '/' &&
    text[at + 6] === '/' &&
    text[at + 11] === ':' &&
    text[at + 20] === ' ' &&
    text[at + 26] === ']'
  )
}

/** A time as these logs have it, without brackets: milliseconds since 1970, undefined where the text is none. */
export function readLogTime(text: string): number | undefined {
  const time = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  return time.length === TIME_LENGTH && looksLikeTime(`${time}]`, 0) ? readTime(time, 0) : undefined
}

function readTime(text: string, at: number): number | undefined {
  if (text[at + 14] !== ':' || text[at + 17] !== ':') return undefined
  const month = MONTHS.indexOf(text.slice(at + 3, at + 6))
  if (month % 3 !== 0) return undefined // -1 too: three letters across two months' names are no month
  return civilTime(
    digits(text, at + 7, 4),
    month / 3 + 1,
    digits(text, at, 2),
    digits(text, at + 12, 2),
    digits(text, at + 15, 2),
    digits(text, at + 18, 2),
    0,
    offsetMinutes(text, at + 21, 0),
  )
}

/** Where the quote stands that closes what began at `from`, past those that a backslash escapes; -1 where there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (at - backslashes > from && text.charCodeAt(at - backslashes - 1) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return -1
}

function fieldEnd(text: string, from: number): number {
  const end = text.indexOf(' ', from)
  return end < 0 ? text.length : end
}

/** A count, null for `-`, undefined for anything else. */
function readCount(text: string, from: number, to: number): number | null | undefined {
  if (to === from + 1 && text[from] === '-') return null
  if (to === from || to > from + 15) return undefined // 15 digits are counted exactly
  const count = digits(text, from, to - from)
  return Number.isNaN(count) ? undefined : count
}

function orNull(field: string): string | null {
  return field === '-' || field === '' || field === '""' ? null : field
}

/** Methods are tokens; none in use is longer than 17 characters (UPDATEREDIRECTREF). */
const METHOD = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/
const PROTOCOL = /^HTTP\/\d(\.\d)?$/
const NO_REQUEST = { method: null, path: null, protocol: null }

/** The parts of a request line; the path may hold spaces, which some servers log as they came. */
export function parseRequestLine(request: string): Pick<AccessRecord, 'method' | 'path' | 'protocol'> {
  const methodEnd = request.indexOf(' ')
  const method = request.slice(0, Math.max(methodEnd, 0))
  if (!METHOD.test(method)) return NO_REQUEST
  const pathEnd = request.lastIndexOf(' ')
  if (pathEnd === methodEnd) {
    // HTTP/0.9: a method and a path, and no more. `GET HTTP/1.1` has no path.
    const path = request.slice(methodEnd + 1)
    return path === '' || PROTOCOL.test(path) ? NO_REQUEST : { method, path, protocol: null }
  }
  const protocol = request.slice(pathEnd + 1)
  if (!PROTOCOL.test(protocol)) return NO_REQUEST
  const path = request.slice(methodEnd + 1, pathEnd)
  return path === '' ? NO_REQUEST : { method, path, protocol }
}
