import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { type HedgerowOptions, hedgerow } from '../../middleware/index.ts'
import { clientBehind, trustedProxiesFrom } from '../../middleware/trusted-proxies.ts'
import { exchange, get, listen } from './app.ts'
import { WatchedStore } from './stores.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** The key that a request over real HTTP gets. */
async function keyOver(
  headers: readonly string[],
  options: HedgerowOptions = {},
  host = '127.0.0.1',
): Promise<unknown> {
  const store = new WatchedStore()
  const app = new Hono().use(hedgerow({ ...options, store })).get('/', (c) => c.text('hello'))
  const { port, close } = await listen(app, host === '127.0.0.1' ? host : '::')
  closing.push(close)
  expect(await exchange(port, get('/', headers), host)).toMatch(/^HTTP\/1\.1 200 /)
  return store.reads[0]
}

describe('the client address on Node', () => {
  it('is the socket’s', async () => {
    expect(await keyOver([])).toBe('address:127.0.0.1')
  })

  it('is the same over a socket that listens for IPv6 too', async () => {
    expect(await keyOver([], {}, '127.0.0.1')).toBe('address:127.0.0.1')
    expect(await keyOver([], {}, '::1')).toBe('address:0:0:0:0::/64')
  })

  it('is none that a header claims', async () => {
    const forged = [
      'CF-Connecting-IP: 203.0.113.9',
      'True-Client-IP: 203.0.113.9',
      'X-Forwarded-For: 203.0.113.9',
      'Forwarded: for=203.0.113.9',
      'X-Real-IP: 203.0.113.9',
      'Fly-Client-IP: 203.0.113.9',
    ]
    expect(await keyOver(forged)).toBe('address:127.0.0.1')
  })

  it('comes from X-Forwarded-For where the peer is a proxy that the application trusts', async () => {
    const forwarded = ['X-Forwarded-For: 198.51.100.1, 203.0.113.9']
    expect(await keyOver(forwarded, { trustedProxies: 1 })).toBe('address:203.0.113.9')
    expect(await keyOver(forwarded, { trustedProxies: ['127.0.0.0/8'] })).toBe('address:203.0.113.9')
    expect(await keyOver(forwarded, { trustedProxies: ['10.0.0.0/8'] })).toBe('address:127.0.0.1')
  })

  it('is nobody’s where a trusted proxy was handed nonsense', async () => {
    expect(await keyOver(['X-Forwarded-For: unknown'], { trustedProxies: 1 })).toBeUndefined()
    expect(await keyOver(['X-Forwarded-For: ,'], { trustedProxies: 1 })).toBeUndefined()
    expect(await keyOver([`X-Forwarded-For: ${'9'.repeat(10_000)}`], { trustedProxies: 1 })).toBeUndefined()
  })

  it('is read across repeated headers', async () => {
    const forwarded = ['X-Forwarded-For: 198.51.100.1', 'X-Forwarded-For: 203.0.113.9']
    expect(await keyOver(forwarded, { trustedProxies: 1 })).toBe('address:203.0.113.9')
  })
})

describe('the client address elsewhere', () => {
  async function keyIn(env: unknown): Promise<string | undefined> {
    const store = new WatchedStore()
    const app = new Hono().use(hedgerow({ store })).get('/', (c) => c.text('hello'))
    await app.request('/', { headers: { 'cf-connecting-ip': '203.0.113.9' } }, env as object)
    return store.reads[0]
  }

  it('is what Deno and Bun hand over', async () => {
    expect(await keyIn({ remoteAddr: { hostname: '192.0.2.1', port: 5, transport: 'tcp' } })).toBe('address:192.0.2.1')
    expect(await keyIn({ requestIP: () => ({ address: '192.0.2.1', family: 'IPv4', port: 5 }) })).toBe(
      'address:192.0.2.1',
    )
    expect(await keyIn({ requestIP: () => null })).toBeUndefined()
  })

  it('is none where the platform says nothing', async () => {
    expect(await keyIn(undefined)).toBeUndefined()
    expect(await keyIn({ incoming: { socket: {} } })).toBeUndefined()
    expect(await keyIn({ incoming: null, remoteAddr: 7 })).toBeUndefined()
  })
})

describe('a chain of proxies', () => {
  const peer = '10.0.0.1'
  it.each<[number | string[], string | undefined, string | undefined, string | undefined]>([
    // Trusted by number: so many entries from the right, and never further.
    [1, peer, 'spoofed, 203.0.113.9', '203.0.113.9'],
    [2, peer, 'spoofed, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    [3, peer, '203.0.113.9', '203.0.113.9'],
    [1, peer, undefined, peer],
    [1, undefined, '203.0.113.9', '203.0.113.9'],
    // Trusted by address: as far as they go.
    [['10.0.0.0/8'], peer, 'spoofed, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    [['10.0.0.0/8'], peer, '10.9.9.9, 203.0.113.9', '203.0.113.9'],
    [['10.0.0.0/8'], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    [['10.0.0.0/8'], peer, '10.0.0.3,10.0.0.2', '10.0.0.3'],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    [['2001:db8::/32'], '2001:db8::1', '2001:db8::2, 203.0.113.9', '203.0.113.9'],
    [['10.0.0.0/8'], undefined, '203.0.113.9', undefined],
    // As some proxies write it.
    [1, peer, '203.0.113.9:4711', '203.0.113.9'],
    [1, peer, '[2001:db8::7]:4711', '2001:db8::7'],
    [1, peer, '[2001:db8::7]', '2001:db8::7'],
  ])('trusting %j, called by %s with %j: %s', (trusted, from, forwarded, client) => {
    const proxies = trustedProxiesFrom(trusted)
    if (proxies === undefined) throw new Error('wanted proxies')
    expect(clientBehind(proxies, from, forwarded)).toBe(client)
  })
})
