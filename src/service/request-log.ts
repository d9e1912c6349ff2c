import { isSpanContextValid, trace } from '@opentelemetry/api'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { clientAddress } from '../../middleware/address.ts'
import { addressKey } from '../identity.ts'
import { UserHasher } from '../telemetry/user-hash.ts'
import type { AuthVariables } from './auth.ts'
import type { LogEntry, ServiceSettings } from './settings.ts'

export interface LogVariables {
  /** Why it was refused: the problem's detail, without what was sent. */
  refused: string | undefined
  /** What a handler has to say of the request. */
  logged: Readonly<Record<string, unknown>> | undefined
  /** What is known only when the response has been sent: the request is logged then. */
  finished: Promise<Readonly<Record<string, unknown>>> | undefined
}

const MOST_HASHES = 1024

/**
 * Tells of each request, when it is done: method, route, status, time, trace. Never a path, which may name a user; the
 * client by the keyed hash of the address.
 */
export function requestLog(
  { platform, trustedProxies }: ServiceSettings,
  hashKey: string,
): MiddlewareHandler<{ Variables: LogVariables & AuthVariables }> {
  const { log } = platform
  const hasher = new UserHasher(hashKey)
  const hashes = new Map<string, string>()
  return async function logRequest(c, next) {
    const from = performance.now()
    try {
      await next()
    } finally {
      hidePath(c)
      if (log !== undefined) await tell(log, c, from)
    }
  }

  /** Most requests come from few addresses, such as a proxy's neighbours. */
  async function hashOf(client: string): Promise<string> {
    const known = hashes.get(client)
    if (known !== undefined) return known
    if (hashes.size >= MOST_HASHES) hashes.clear()
    const hash = await hasher.hash(client)
    hashes.set(client, hash)
    return hash
  }

  async function tell(
    write: (entry: LogEntry) => void,
    c: Context<{ Variables: LogVariables & AuthVariables }>,
    from: number,
  ): Promise<void> {
    const address = clientAddress(c, trustedProxies)
    const client = address === undefined ? undefined : addressKey(address)
    const span = trace.getActiveSpan()?.spanContext()
    const traced = span !== undefined && isSpanContextValid(span)
    const { status } = c.res
    const route = routeOf(c)
    const entry = {
      level: levelOf(route, status),
      msg: 'request',
      method: c.req.method,
      route,
      status,
      ...(traced ? { trace_id: span.traceId, span_id: span.spanId } : {}),
      ...(client === undefined ? {} : { client_hash: await hashOf(client) }),
      ...(c.var.key === undefined ? {} : { key: c.var.key.index + 1 }),
      ...(c.var.refused === undefined ? {} : { detail: c.var.refused }),
      ...c.var.logged,
    } as const
    const end = (more: Readonly<Record<string, unknown>>): void =>
      write({ ...entry, ...more, duration_ms: Math.round((performance.now() - from) * 1000) / 1000 })
    if (c.var.finished === undefined) end({})
    else c.var.finished.then(end, () => end({}))
  }
}

/** Who looks after a service asks for its health every few seconds, also while it ends: that would be most of the log. */
function levelOf(route: string, status: number): LogEntry['level'] {
  if (route === '/health') return 'debug'
  return status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info'
}

/** What starts the span of a request writes down its whole address, ids in it included: the route says enough. */
function hidePath(c: Context): void {
  const span = trace.getActiveSpan()
  if (span === undefined) return
  const { protocol, host } = new URL(c.req.url)
  span.setAttribute('url.full', `${protocol}//${host}${routeOf(c)}`)
}

/** The pattern of the route that served it. */
export function routeOf(c: Context): string {
  return matchedRoutes(c).findLast(({ path }) => path !== '/*' && path !== '*')?.path ?? '*'
}
