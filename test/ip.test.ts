import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, isInBlock, isIpv4, parseIp, parseIpBlock } from '../src/ip.ts'

describe('an IP address', () => {
  it.each([
    ['192.0.2.1', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201]],
    ['::ffff:192.0.2.1', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201]],
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['2001:DB8::8:800:200c:417a', [0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a]],
    ['2001:db8:0:0:8:800:200c:417a', [0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a]],
    ['64:ff9b::192.0.2.33', [0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x0221]],
    ['1::', [1, 0, 0, 0, 0, 0, 0, 0]],
  ])('reads %s', (text, groups) => {
    expect(parseIp(text)).toEqual(groups)
  })

  it('takes what Node takes and nothing else', () => {
    const piece = fc.constantFrom('::', ':', '.', '0', '1', '01', '255', '256', 'ffff', 'fffff', 'G', '192.0.2.1', ' ')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        expect({ text, taken: parseIp(text) !== undefined }).toEqual({ text, taken: isIPv4(text) || isIPv6(text) })
      }),
      { seed: 1, numRuns: 20_000 },
    )
  })

  it('takes every address that Node takes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        expect(parseIp(text)).toHaveLength(8)
      }),
      { seed: 1 },
    )
  })

  it('knows IPv4 and writes it with dots', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const address = parseIp(text) ?? []
        expect([isIpv4(address), formatIpv4(address)]).toEqual([true, text])
      }),
      { seed: 1 },
    )
    expect(isIpv4(parseIp('2001:db8::1') ?? [])).toBe(false)
  })

  it('is refused without reading on when it is longer than any address', () => {
    expect(parseIp(`${'0:'.repeat(50_000)}1`)).toBeUndefined()
  })
})

describe('a block of addresses', () => {
  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.6', false],
    ['192.0.2.0/31', '192.0.2.1', true],
    ['192.0.2.0/31', '192.0.2.2', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::/0', '203.0.113.9', true],
  ])('%s and %s: %s', (block, address, inside) => {
    const [parsed, member] = [parseIpBlock(block), parseIp(address)]
    if (parsed === undefined || member === undefined) throw new Error('both must parse')
    expect(isInBlock(member, parsed)).toBe(inside)
  })

  it.each(['10.0.0/8', '10.0.0.0/33', '2001:db8::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8.5', 'proxy', ''])(
    'is not %j',
    (text) => {
      expect(parseIpBlock(text)).toBeUndefined()
    },
  )
})
