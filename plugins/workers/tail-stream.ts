import { isRecord, type LogRecord } from '../../src/records/row.ts'
import { type TailOptions, TailOutput } from './tail.ts'
import { type Exchange, loggedEvents, requestRecord } from './trace.ts'

/** The part of Cloudflare's `TailStream.TailEvent` that is used. */
export interface TailEventLike {
  readonly timestamp: Date
  readonly event: { readonly type: string }
}

export interface TailStreamHandlers {
  log(event: TailEventLike): Promise<void>
  return(event: TailEventLike): void
  outcome(event: TailEventLike): Promise<void>
}

/** Logged events that are held until the invocation ends; at as many, they go out at once. */
const MOST_HELD = 100

/**
 * A Worker's `tailStream` handler, which hears of what a Worker does while it does it: events that it logs, and else the
 * request, go to a sink when the invocation ends, or a hundred of them earlier.
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function tailStreamHandler<Env = unknown>(
  options: TailOptions<Env>,
): (onset: TailEventLike, env: Env) => TailStreamHandlers {
  const out = new TailOutput('tailStreamHandler', options, [])
  return (onset, env) => {
    let logged: LogRecord[] = []
    let hasLogged = false
    let status: number | undefined

    let sending = Promise.resolve()
    let failure: { readonly error: unknown } | undefined

    /**
     * One delivery after the other: the runtime hands over what it has at once, without waiting for what a handler
     * promises. One that fails is told of at the end, since nothing is heard of an invocation after a handler has failed.
     */
    function send(records: readonly LogRecord[]): Promise<void> {
      logged = []
      sending = sending
        .then(() => out.deliver(records, env, onset))
        .catch((error: unknown) => {
          failure ??= { error }
        })
      return sending
    }

    return {
      async log({ event, timestamp }) {
        logged.push(...loggedEvents(Reflect.get(event, 'message'), timestamp.getTime()))
        hasLogged ||= logged.length > 0
        if (logged.length >= MOST_HELD) await send(logged)
      },
      return({ event }) {
        const info: unknown = Reflect.get(event, 'info')
        if (isRecord(info) && typeof info.statusCode === 'number') status = info.statusCode
      },
      async outcome({ event }) {
        const exchange = hasLogged ? undefined : exchangeOf(onset, status, Reflect.get(event, 'outcome'))
        await send(exchange === undefined ? logged : [requestRecord(exchange)])
        if (failure !== undefined) throw failure.error
      },
    }
  }
}

function exchangeOf(
  { event, timestamp }: TailEventLike,
  status: number | undefined,
  outcome: unknown,
): Exchange | undefined {
  const info: unknown = Reflect.get(event, 'info')
  const scriptName: unknown = Reflect.get(event, 'scriptName')
  if (!isRecord(info) || info.type !== 'fetch') return undefined
  const { method, url, headers } = info
  if (typeof method !== 'string' || typeof url !== 'string') return undefined
  return {
    method,
    url,
    headers: headersOf(headers),
    status,
    timeMs: timestamp.getTime(),
    scriptName: typeof scriptName === 'string' ? scriptName : undefined,
    outcome: typeof outcome === 'string' ? outcome : 'unknown',
  }
}

function headersOf(headers: unknown): Record<string, unknown> {
  const byName: Record<string, unknown> = {}
  for (const header of Array.isArray(headers) ? headers : []) {
    if (isRecord(header) && typeof header.name === 'string') byName[header.name.toLowerCase()] = header.value
  }
  return byName
}
