import { isUserId } from './event.ts'
import { formatIpv4, isIpv4, parseIp } from './ip.ts'

/**
 * Who somebody is: the keys under which baselines are kept, the same for a live request and for a line of a log.
 *
 * A user's id is a key as it is. Sessions and addresses carry a prefix, and a user id that looks like one of those gets
 * a prefix of its own, so that no user can pass for somebody's session or address.
 */

/** User ids that would be taken for another kind of key, also after they have been prefixed. */
const LOOKS_PREFIXED = /^(user:)*(session|address):/

/**
 * The key of a user, or undefined where the id is none: empty, longer than 256 characters, no Unicode, no text and no
 * integer. An id is never cut short, lest two users become one.
 */
export function userKey(id: unknown): string | undefined {
  let text: string
  if (typeof id === 'string') text = id
  else if (typeof id === 'bigint' || (typeof id === 'number' && Number.isSafeInteger(id))) text = String(id)
  else return undefined
  return fitForStores(LOOKS_PREFIXED.test(text) ? `user:${text}` : text)
}

/** The key of a session of somebody unknown, or undefined where the id is none. */
export function sessionKey(id: unknown): string | undefined {
  const usable = (typeof id === 'string' && id !== '') || (typeof id === 'number' && Number.isSafeInteger(id))
  return usable ? fitForStores(`session:${id}`) : undefined
}

/**
 * The key of a client address, or undefined where the text is no IP address. Every writing of an address gives the same
 * key, an IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) included. Of an IPv6 address only the network counts (/64):
 * whoever has one address of it has all of them.
 */
export function addressKey(literal: string): string | undefined {
  const zone = literal.indexOf('%')
  const address = parseIp(zone < 0 ? literal : literal.slice(0, zone))
  if (address === undefined) return undefined
  if (isIpv4(address)) return `address:${formatIpv4(address)}`
  const network = address.slice(0, 4).map((group) => group.toString(16))
  return `address:${network.join(':')}::/64`
}

function fitForStores(key: string): string | undefined {
  return isUserId(key) ? key : undefined
}
