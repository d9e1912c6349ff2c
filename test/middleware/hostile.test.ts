import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Decision, type HedgerowEnv, hedgerow, MemoryStore } from '../../middleware/index.ts'
import { defaultModel } from '../../model/default.ts'
import { layoutIdOf } from '../../src/model.ts'
import { usedBytes } from '../used-memory.ts'
import { exchange, get, last, listen, testApp } from './app.ts'

const decisions: Decision[] = []
let server: Awaited<ReturnType<typeof listen>>
beforeAll(async () => {
  const app = new Hono<HedgerowEnv>()
  app.use(hedgerow({ onDecision: (decision) => decisions.push(decision) }))
  app.all('*', (c) => c.text('hello'))
  server = await listen(app)
})
afterAll(() => server.close())

const bytes = (...values: number[]): string => String.fromCharCode(...values)

describe('a hostile request over real HTTP', () => {
  it.each([
    ['no headers but those HTTP demands', get('/')],
    ['HTTP/1.0 with a host and nothing else', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
    ['a user agent of 10,000 characters', get('/', [`User-Agent: ${'Mobi'.repeat(2500)}`])],
    ['a user agent of bytes that are no UTF-8', get('/', [`User-Agent: ${bytes(0xff, 0xfe, 0xc3, 0x28)}`])],
    ['an empty user agent', get('/', ['User-Agent: '])],
    ['several user agents', get('/', ['User-Agent: a', 'User-Agent: b'])],
    ['a path of invalid UTF-8, escaped', get('/%ff%fe%c3%28')],
    ['a path with half an escape', get('/a%2')],
    ['a path with no escape at all after the sign', get('/%zz/%')],
    ['a path with a NUL', get('/a%00b')],
    ['a path of 8,000 characters', get(`/${'login/'.repeat(1333)}`)],
    ['a path made to be slow to match', get(`/${'-log'.repeat(1500)}`)],
    ['a query of 8,000 characters', get(`/?${'a[]=%ff&'.repeat(1000)}`)],
    ['a method that nobody knows', get('/').replace('GET', 'PROPFIND')],
    [
      'forwarding headers of all kinds',
      get('/', ['X-Forwarded-For: 1, 2, "', 'Forwarded: for=;;=', 'CF-Connecting-IP: \t']),
    ],
    ['client hints that are none', get('/', ['Sec-CH-UA-Mobile: ?1, ?0; a="'])],
  ])('is scored and answered: %s', async (_, request) => {
    const before = decisions.length
    expect(await exchange(server.port, request)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(decisions.length).toBe(before + 1)
    expect(last(decisions)).toMatchObject({ state: 'scored', why: undefined })
  })

  it('is judged within a moment however long it is', async () => {
    const { ask } = testApp()
    const path = `/${'-log'.repeat(4000)}`
    const headers = { 'user-agent': 'Mobi'.repeat(25_000), 'sec-ch-ua-mobile': '?'.repeat(10_000) }
    await ask('alice', path, { headers })
    const start = performance.now()
    for (let i = 0; i < 100; i++) await ask('alice', path, { headers })
    expect((performance.now() - start) / 100).toBeLessThan(5)
  })
})

describe('200,000 user names', () => {
  it('leave a bounded number of baselines, and a bounded heap', async () => {
    const model = defaultModel()
    const store = new MemoryStore({ maxUsers: 2000 })
    const kept = store.open({ id: layoutIdOf(model), width: model.featureSet.layout.width })
    let user = 0
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ store, identify: () => `somebody new, ${user++}` }))
    app.get('/', (c) => c.body(null))
    const request = new Request('http://localhost/')
    let before = 0
    while (user < 200_000) {
      for (let i = 0; i < 10_000; i++) await app.fetch(request)
      expect(kept.size).toBeLessThanOrEqual(2000)
      if (user === 50_000) before = usedBytes()
    }
    expect(kept.size).toBe(2000)
    // Were the other 150,000 baselines kept, they would take 60 MB.
    expect(usedBytes() - before).toBeLessThan(3_000_000)
  }, 60_000)
})
