import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKey, sessionKey, userKey } from '../src/identity.ts'

describe('the key of a user', () => {
  it.each([
    ['alice', 'alice'],
    [42, '42'],
    [-1, '-1'],
    [9_007_199_254_740_993n, '9007199254740993'],
    ['user:7', 'user:7'],
    ['x'.repeat(256), 'x'.repeat(256)],
    ['session:7', 'user:session:7'],
    ['address:192.0.2.1', 'user:address:192.0.2.1'],
    ['user:session:7', 'user:user:session:7'],
  ])('of %s', (id, key) => {
    expect(userKey(id)).toBe(key)
  })

  it.each([
    '',
    'x'.repeat(257),
    `session:${'x'.repeat(248)}`,
    'ad\ud800a',
    '\udc00',
    1.5,
    Number.NaN,
    2 ** 53,
    null,
    undefined,
    {},
    ['alice'],
    true,
  ])('is none for %j', (id) => {
    expect(userKey(id)).toBeUndefined()
  })

  it('is a different one for each user, and none that a session or an address has', () => {
    const prefix = fc.constantFrom('', 'user:', 'session:', 'address:', 'user:user:', 'user:session:')
    const id = fc.tuple(prefix, prefix, fc.constantFrom('7', '192.0.2.1')).map((parts) => parts.join(''))
    fc.assert(
      fc.property(id, id, (one, other) => {
        expect(userKey(one) === userKey(other)).toBe(one === other)
        expect(userKey(one)).not.toBe(sessionKey(other))
        expect(userKey(one)).not.toBe(addressKey('192.0.2.1'))
      }),
      { seed: 1, numRuns: 2000 },
    )
  })
})

describe('the key of a session', () => {
  it('carries its prefix, within the limit of all keys', () => {
    expect(sessionKey('abc')).toBe('session:abc')
    expect(sessionKey(7)).toBe('session:7')
    expect(sessionKey('x'.repeat(248))).toHaveLength(256)
    expect(sessionKey('x'.repeat(249))).toBeUndefined()
    expect([sessionKey(''), sessionKey({}), sessionKey(Number.NaN)]).toEqual([undefined, undefined, undefined])
  })
})

describe('the key of an address', () => {
  it.each([
    ['192.0.2.1', 'address:192.0.2.1'],
    ['::ffff:192.0.2.1', 'address:192.0.2.1'],
    ['::FFFF:c000:0201', 'address:192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', 'address:2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', 'address:2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'address:fe80:0:0:0::/64'],
  ])('of %s', (literal, key) => {
    expect(addressKey(literal)).toBe(key)
  })

  it.each(['', 'unknown', '192.0.2.1:443', '192.0.2.256', 'localhost', '%', '192.0.2.1, 192.0.2.2'])(
    'is none for %j',
    (literal) => {
      expect(addressKey(literal)).toBeUndefined()
    },
  )
})
