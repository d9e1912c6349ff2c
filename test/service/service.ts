import { defaultModel } from '../../model/default.ts'
import { createService } from '../../src/service/app.ts'
import { EXAMPLE_EVENT } from '../../src/service/event-schema.ts'
import { DEFAULT_LIMITS, type LogEntry, type ServiceSettings } from '../../src/service/settings.ts'
import { MemoryStore } from '../../src/store/memory.ts'

// A service in this process, to be asked without a network.

export const model = defaultModel()
export const example = EXAMPLE_EVENT

/** An event like any other: what most people do. */
export const ordinary = {
  user_id: 'ordinary',
  event_type: 'view',
  session_duration_sec: 40,
  events_in_session: 3,
  hour_of_day: 11,
  day_of_week: 2,
  device_type: 'desktop',
}

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export function startService(settings: Partial<ServiceSettings> = {}) {
  const log: LogEntry[] = []
  const { app, predictor } = createService({
    model,
    store: new MemoryStore(),
    thresholds: { flagAt: 0.98 },
    blockAt: undefined,
    keys: [],
    limits: DEFAULT_LIMITS,
    corsOrigins: [],
    trustedProxies: undefined,
    hashKey: 'a key of these tests',
    platform: { docsFile: (name) => new Response(name), log: (entry) => log.push(entry) },
    ...settings,
  })
  const ask = async (path: string, init: RequestInit = {}): Promise<Asked> => {
    const response = await app.request(path, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const post = (path: string, body: BodyInit, headers: Readonly<Record<string, string>> = {}): Promise<Asked> =>
    ask(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
      duplex: 'half',
    } as RequestInit)
  return { app, predictor, log, ask, post }
}

/** Some body of a response, as what it is. */
export function json<T = Readonly<Record<string, unknown>>>({ text }: Asked): T {
  return JSON.parse(text) as T
}

/** A body that arrives when it is told to. */
export function openBody() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 100 })
  const writer = writable.getWriter()
  const encoder = new TextEncoder()
  return { readable, send: (text: string) => void writer.write(encoder.encode(text)), close: () => void writer.close() }
}

/** A body that arrives in pieces. */
export function inPieces(pieces: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const left = [...pieces]
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
    },
  })
}

/** How a batch of lines is announced. */
export const NDJSON = { 'content-type': 'application/x-ndjson' }
/** The answers to a batch. */
export type Rows = readonly Readonly<Record<string, unknown>>[]
export const lines = (text: string): Rows =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
