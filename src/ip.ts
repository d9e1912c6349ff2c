/** IP addresses as numbers, so that one address has one form and an invented one has none. */

/** Eight groups of 16 bits; an IPv4 address is the IPv6 address that it maps to (`::ffff:a.b.c.d`). */
export type IpAddress = readonly number[]

/** A block of addresses: those whose first `bits` bits are the address's. */
export interface IpBlock {
  readonly address: IpAddress
  readonly bits: number
}

const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/
const GROUP = /^[0-9a-f]{1,4}$/i
/** `::ffff:255.255.255.255` in its longest writing. */
const MAX_LENGTH = 45
const MAPPED: readonly number[] = [0, 0, 0, 0, 0, 0xffff]

/** Reads an address literal, IPv4 or IPv6, without port, brackets or zone; undefined where the text is none. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.length > MAX_LENGTH) return undefined
  if (!text.includes(':')) {
    const tail = parseIpv4(text)
    return tail && [...MAPPED, ...tail]
  }
  return parseIpv6(text)
}

/** Reads `address` or `address/bits`; undefined where the text is neither. */
export function parseIpBlock(text: string): IpBlock | undefined {
  const slash = text.indexOf('/')
  const literal = slash < 0 ? text : text.slice(0, slash)
  const address = parseIp(literal)
  if (address === undefined) return undefined
  const most = literal.includes(':') ? 128 : 32
  if (slash < 0) return { address, bits: 128 }
  const length = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) return undefined
  return { address, bits: 128 - most + Number(length) }
}

export function isInBlock(address: IpAddress, block: IpBlock): boolean {
  for (let i = 0, left = block.bits; left > 0; i++, left -= 16) {
    const mask = left >= 16 ? 0xffff : 0xffff & (0xffff << (16 - left))
    if ((((address[i] as number) ^ (block.address[i] as number)) & mask) !== 0) return false
  }
  return true
}

export function isIpv4(address: IpAddress): boolean {
  return MAPPED.every((group, i) => address[i] === group)
}

/** The four numbers of an IPv4 address with dots between. */
export function formatIpv4(address: IpAddress): string {
  const high = address[6] as number
  const low = address[7] as number
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`
}

function parseIpv4(text: string): readonly [number, number] | undefined {
  const match = IPV4.exec(text)
  if (match === null) return undefined
  const [a, b, c, d] = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])]
  if (Math.max(a, b, c, d) > 255) return undefined
  return [(a << 8) | b, (c << 8) | d]
}

function parseIpv6(text: string): IpAddress | undefined {
  const gap = text.indexOf('::')
  if (gap < 0) {
    const groups = parseGroups(text, true)
    return groups?.length === 8 ? groups : undefined
  }
  const before = parseGroups(text.slice(0, gap), false)
  const after = parseGroups(text.slice(gap + 2), true)
  if (before === undefined || after === undefined) return undefined
  const missing = 8 - before.length - after.length
  if (missing < 1) return undefined
  return [...before, ...new Array<number>(missing).fill(0), ...after]
}

function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    // The last 32 bits may be written as IPv4.
    const tail = atEnd && i === parts.length - 1 ? parseIpv4(part) : undefined
    if (tail === undefined) return undefined
    groups.push(...tail)
  }
  return groups
}
