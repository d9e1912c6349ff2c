import type { Context } from 'hono'
import { bounded, TooMuch } from '../records/bounded.ts'
import { gunzip } from '../records/gzip.ts'
import { RecordsError } from '../records/index.ts'
import { joined } from '../records/joined.ts'
import { LATE, withinBudget } from '../store/budget.ts'
import { notJson, Refusal, shown } from './problem.ts'

export interface BodyLimits {
  /** Decompressed. */
  readonly maxBytes: number
  /** How long the client may pause. */
  readonly idleTimeoutMs: number
}

/**
 * The media type of the body.
 *
 * @throws Refusal 415 where it is none of those that the route takes
 */
export function mediaTypeOf<T extends string>(c: Context, accepted: readonly T[]): T {
  const given = c.req.header('content-type')
  const type = given?.split(';', 1)[0]?.trim().toLowerCase()
  const known = accepted.find((candidate) => candidate === type)
  if (known !== undefined) return known
  const problem = { field: 'content-type', got: shown(given), wanted: accepted.join(' or ') }
  throw new Refusal(415, problem, { headers: { 'Accept-Post': accepted.join(', ') } })
}

/**
 * The bytes of the body as they come, decompressed.
 *
 * @throws Refusal at once where the encoding is none that we know; while reading: 413 where there are too many, 408 where the
 * client pauses too long, 400 where the compressed data is damaged or the body ends early
 */
export function bytesOf(c: Context, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  const isGzip = encodingOf(c) === 'gzip'
  const { maxBytes } = limits
  const announced = Number(c.req.header('content-length') ?? 0)
  if (announced > maxBytes) throw tooLarge('more', `at most ${maxBytes} bytes`)
  return within(chunksOf(c.req.raw.body, limits.idleTimeoutMs), isGzip ? decompressed : asItIs, maxBytes)
}

/** The whole body. @throws Refusal as {@link bytesOf} does, and 408 where it takes longer than it may in all */
export async function wholeBody(c: Context, maxBytes: number, timeoutMs: number): Promise<Uint8Array> {
  const deadline = Date.now() + timeoutMs
  if (encodingOf(c) === 'identity' && Number(c.req.header('content-length') ?? Number.NaN) <= maxBytes) {
    // Of a length that the server holds the client to: read in one go, at a third of what a stream costs.
    return new Uint8Array(await inTime(readAll(c), deadline))
  }
  const parts: Uint8Array[] = []
  const bytes = bytesOf(c, { maxBytes, idleTimeoutMs: timeoutMs })
  for (;;) {
    const next = await inTime(bytes.next(), deadline)
    if (next.done === true) return joined(parts)
    parts.push(next.value)
  }
}

/** @throws Refusal 400 where the bytes are no JSON */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch (cause) {
    throw unreadable('bytes that are no UTF-8', 'JSON', cause)
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unreadable(notJson(text), 'JSON', cause)
  }
}

function encodingOf(c: Context): 'identity' | 'gzip' {
  const given = c.req.header('content-encoding')?.trim().toLowerCase() ?? ''
  if (given === '' || given === 'identity') return 'identity'
  if (given === 'gzip' || given === 'x-gzip') return 'gzip'
  const problem = { field: 'content-encoding', got: shown(given), wanted: 'gzip, or none' }
  throw new Refusal(415, problem, { headers: { 'Accept-Encoding': 'gzip' } })
}

async function readAll(c: Context): Promise<ArrayBuffer> {
  try {
    return await c.req.raw.arrayBuffer()
  } catch (cause) {
    throw unreadable(END_TOO_EARLY, ALL, cause)
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array> | null, idleTimeoutMs: number): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await inTime(
        reader.read().catch((cause: unknown) => Promise.reject(unreadable(END_TOO_EARLY, ALL, cause))),
        Date.now() + idleTimeoutMs,
      )
      if (done) return
      yield value
    }
  } finally {
    // Not awaited: where a read is still waiting for a client that says no more, cancelling would wait with it.
    reader.cancel().catch(() => undefined)
  }
}

function asItIs(arriving: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return arriving
}

async function* decompressed(arriving: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* gunzip(beginningLikeGzip(arriving))
  } catch (cause) {
    if (!(cause instanceof RecordsError)) throw cause
    throw unreadable(cause.message, GZIP, cause)
  }
}

/** `gunzip` would pass anything else on as it is. */
async function* beginningLikeGzip(arriving: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let begun = false
  for await (const chunk of arriving) {
    if (chunk.length === 0) continue
    if (!begun && chunk[0] !== 0x1f) throw new Refusal(400, { field: 'body', got: 'other bytes', wanted: GZIP })
    begun = true
    yield chunk
  }
}

async function* within(
  arriving: AsyncIterable<Uint8Array>,
  decompress: Parameters<typeof bounded>[1],
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bounded(arriving, decompress, maxBytes)
  } catch (cause) {
    if (cause instanceof TooMuch) throw tooLarge(cause.got, cause.wanted)
    throw cause
  }
}

function tooLarge(got: string, wanted: string): Refusal {
  return new Refusal(413, { field: 'body', got, wanted }, { headers: { Connection: 'close' } })
}

const END_TOO_EARLY = 'an end too early'
const ALL = 'all that was announced'
const GZIP = 'gzip, as content-encoding says'

function unreadable(got: string, wanted: string, cause: unknown): Refusal {
  return new Refusal(400, { field: 'body', got, wanted }, { cause })
}

async function inTime<T>(promise: Promise<T>, deadline: number): Promise<T> {
  const done = await withinBudget(promise, Math.max(0, deadline - Date.now()))
  if (done !== LATE) return done
  const problem = { field: 'body', got: 'none of it for too long', wanted: 'all of it in time' }
  throw new Refusal(408, problem, { headers: { Connection: 'close' } })
}
