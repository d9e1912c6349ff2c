import { type IpBlock, isInBlock, parseIp, parseIpBlock } from '../src/ip.ts'

/** Whose `X-Forwarded-For` is believed: so many proxies in front of the app, or those in these blocks. */
export type TrustedProxies = { readonly hops: number } | { readonly blocks: readonly IpBlock[] }

const MOST_HOPS = 16

/** @throws TypeError naming the option, what it got and what it wanted */
export function trustedProxiesFrom(given: number | readonly string[] | undefined): TrustedProxies | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= MOST_HOPS) return { hops: given }
  if (!Array.isArray(given) || given.length === 0) {
    const got = Array.isArray(given) ? 'an empty list' : String(given)
    throw new TypeError(
      `trustedProxies: got ${got}, wanted a number of proxies from 1 to ${MOST_HOPS}, or a list of addresses and CIDR blocks`,
    )
  }
  const blocks = given.map((text: unknown, i) => {
    const block = typeof text === 'string' ? parseIpBlock(text) : undefined
    if (block !== undefined) return block
    throw new TypeError(`trustedProxies[${i}]: got ${JSON.stringify(text)}, wanted an IP address or a CIDR block`)
  })
  return { blocks }
}

/**
 * The client's address, from the chain that the proxies wrote: each appends the address that it was called from to
 * `X-Forwarded-For`. Read from the right, as far as trust goes; what stands further left was the client's to invent.
 *
 * @param peer who is connected to us; undefined over a Unix socket
 * @returns what stands there, not yet known to be an address
 */
export function clientBehind(
  trusted: TrustedProxies,
  peer: string | undefined,
  forwarded: string | undefined,
): string | undefined {
  let client = peer
  let end = forwarded?.length ?? 0
  for (let hop = 0; end > 0 && isTrusted(trusted, client, hop); hop++) {
    const comma = forwarded?.lastIndexOf(',', end - 1) ?? -1
    client = withoutPort(forwarded?.slice(comma + 1, end).trim() ?? '')
    end = comma
  }
  return client
}

function isTrusted(trusted: TrustedProxies, client: string | undefined, hop: number): boolean {
  if ('hops' in trusted) return hop < trusted.hops
  const address = client === undefined ? undefined : parseIp(client)
  return address !== undefined && trusted.blocks.some((block) => isInBlock(address, block))
}

/** Some proxies write `192.0.2.1:443` and `[2001:db8::1]:443`. */
function withoutPort(entry: string): string {
  const match = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/.exec(entry)
  return match?.[1] ?? match?.[2] ?? entry
}
