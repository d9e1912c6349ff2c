import { createReadStream } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { type AccessRecord, readRecords } from '../src/records/index.ts'
import type { Answer, DemoRequest } from './client.ts'
import { STATUS_HEADER, TIME_HEADER, USER_HEADER } from './headers.ts'

/** What became of the lines of a log: each is in one of the four counts. */
export interface LineTally {
  lines: number
  replayed: number
  /** Lines that are no entry of an access log. */
  refused: number
  /** Entries that cannot be sent as an HTTP request. */
  unsendable: number
  blank: number
  /** The first few that were not replayed, and why. */
  readonly examples: { readonly line: number; readonly reason: string }[]
}

/** Lines that are named one by one. */
const MOST_EXAMPLES = 5

export function emptyTally(): LineTally {
  return { lines: 0, replayed: 0, refused: 0, unsendable: 0, blank: 0, examples: [] }
}

/**
 * Makes requests of the lines of an access log, plain or gzipped, and counts what cannot be one.
 *
 * @param limit lines to read at most
 * @throws Error in one line, with the file's name, where it cannot be read
 */
export async function* readAccessLog(file: string, limit: number, tally: LineTally): AsyncGenerator<DemoRequest> {
  try {
    for await (const rows of readRecords(createReadStream(file), { format: 'combined' })) {
      for (const row of rows) {
        if (row.kind === 'rest') continue
        if (tally.lines === limit) return
        tally.lines++
        if (row.kind === 'event') {
          const { userId, timestampMs = 0 } = row.event
          const request = requestOf(row.record as AccessRecord, userId, timestampMs, row.line)
          if (typeof request === 'object') yield request
          else countUnsendable(tally, row.line, request)
        } else if (row.kind === 'problem') {
          tally.refused++
          note(tally, row.line, row.reason)
        } else {
          tally.blank++
        }
      }
    }
  } catch (cause) {
    throw new Error(`${file}: ${reasonOf(cause)}`, { cause })
  }
}

const IN_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder',
  EACCES: 'it may not be read',
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return ('code' in cause ? IN_WORDS[String(cause.code)] : undefined) ?? cause.message
}

/** Counts a request that was sent. Some are answered before they come to the app: workerd knows only so many methods. */
export function countAnswer(tally: LineTally, line: number, { status, decision }: Answer): void {
  if (decision !== undefined) tally.replayed++
  else countUnsendable(tally, line, `workerd refused it: ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd())
}

function countUnsendable(tally: LineTally, line: number, reason: string): void {
  tally.unsendable++
  note(tally, line, reason)
}

function note({ examples }: LineTally, line: number, reason: string): void {
  // What workerd refuses is known only after later lines have been read.
  examples.push({ line, reason })
  examples.sort((a, b) => a.line - b.line)
  examples.splice(MOST_EXAMPLES)
}

function requestOf(record: AccessRecord, user: string, timeMs: number, line: number): DemoRequest | string {
  const { method, path, status, user_agent: agent } = record
  if (method === null || path === null) return 'what was sent to the port was no HTTP request'
  if (method === 'CONNECT') return 'CONNECT asks for a tunnel, not for an answer'
  if (method !== method.toUpperCase()) return 'a method in small letters is none of HTTP'
  const target = requestTarget(path)
  if (target === undefined) return 'the request names no path'
  const headers: Record<string, string> = { [TIME_HEADER]: String(timeMs), [USER_HEADER]: escapeUser(user) }
  if (status !== null) headers[STATUS_HEADER] = String(status)
  if (agent !== null) headers['user-agent'] = agent.replaceAll(/[^ -~]/g, '?')
  return { method, target, headers, user, timeMs, kind: '', session: '', line }
}

/** What a header can carry, and `decodeURIComponent` takes back. */
function escapeUser(user: string): string {
  return encodeURIComponent(user.toWellFormed())
}

/** All that RFC 3986 lets stand in a path and its query, and the percent sign of what is encoded already. */
const NOT_ALLOWED = /[^A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]/gu

/**
 * A path of a log as a client could have sent it. What the server escaped for its log (`\xe4`, `\"`) is percent-encoded,
 * as is what no client may send plain; of an address that was meant for a proxy the path is left. Undefined where there
 * is no path: `*`.
 */
export function requestTarget(path: string): string | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(path)
  const local = scheme === null ? path : path.slice(scheme[0].length)
  const rooted = scheme !== null && !local.startsWith('/') ? `/${local}` : local
  if (!rooted.startsWith('/')) return undefined
  return rooted
    .toWellFormed()
    .replaceAll(/\\(?:x([0-9a-f]{2})|(["\\]))/gi, (_, byte?: string, mark = '') =>
      byte === undefined ? encodeURIComponent(mark) : `%${byte}`,
    )
    .replaceAll(NOT_ALLOWED, (character) => encodeURIComponent(character))
}
