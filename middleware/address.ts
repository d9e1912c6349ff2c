import type { Context } from 'hono'
import { clientBehind, type TrustedProxies } from './trusted-proxies.ts'
import { field } from './unknown.ts'

/**
 * Whether Cloudflare runs this. Only what the runtime itself gives counts, never a header: on any other platform
 * `cf-connecting-ip` is a header that every client can send.
 */
export function runsOnWorkers(c: Context): boolean {
  return IS_WORKERD || field(c.req.raw, 'cf') !== undefined
}

const IS_WORKERD = field(globalThis, 'navigator', 'userAgent') === 'Cloudflare-Workers'

/**
 * The address of the client as far as the platform, and the proxies that the application trusts, vouch for it. Not yet
 * known to be an address; undefined where there is none.
 */
export function clientAddress(c: Context, trusted: TrustedProxies | undefined): string | undefined {
  const onWorkers = runsOnWorkers(c)
  const peer = onWorkers ? c.req.header('cf-connecting-ip') : peerAddress(c)
  if (trusted === undefined) return peer
  const forwarded = c.req.header('x-forwarded-for')
  return clientBehind(trusted, peer, onWorkers ? withoutLast(forwarded, peer) : forwarded)
}

/** Who is connected: on Node as @hono/node-server hands it over, on Deno and Bun as their servers do. */
function peerAddress(c: Context): string | undefined {
  const env: unknown = c.env
  const server = field(env, 'server') ?? env
  const address = field(server, 'incoming', 'socket', 'remoteAddress') ?? field(env, 'remoteAddr', 'hostname')
  if (typeof address === 'string') return address
  const requestIp = field(server, 'requestIP')
  if (typeof requestIp !== 'function') return undefined
  const bunAddress = field(requestIp.call(server, c.req.raw), 'address')
  return typeof bunAddress === 'string' ? bunAddress : undefined
}

/** Cloudflare appends the peer, which `cf-connecting-ip` names already. */
function withoutLast(forwarded: string | undefined, peer: string | undefined): string | undefined {
  const comma = forwarded?.lastIndexOf(',') ?? -1
  return forwarded?.slice(comma + 1).trim() === peer ? forwarded?.slice(0, Math.max(comma, 0)) : forwarded
}
