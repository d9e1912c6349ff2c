import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { type Decision, type HedgerowEnv, hedgerow } from '../../middleware/index.ts'
import { BLOCK_ALL, exchange, FLAG_ALL, get, last, listen, testApp } from './app.ts'
import { WatchedStore } from './stores.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('a blocked request', () => {
  it('gets a 403 that says the decision’s id and nothing else', async () => {
    const decisions: Decision[] = []
    const { ask, seen } = testApp({ ...BLOCK_ALL, mode: 'enforce', onDecision: (d) => decisions.push(d) })
    const response = await ask('alice')
    expect(response.status).toBe(403)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    const { id } = last(decisions)
    expect(id).toMatch(UUID)
    expect(await response.json()).toEqual({ type: 'about:blank', title: 'Forbidden', status: 403, id })
    expect(seen).toEqual([])
  })

  it('teaches nothing: a ban does not feed itself', async () => {
    const store = new WatchedStore()
    const { ask } = testApp({ ...BLOCK_ALL, mode: 'enforce', store })
    for (let i = 0; i < 5; i++) expect((await ask('alice')).status).toBe(403)
    expect(store.reads).toHaveLength(5)
    expect(store.updates).toEqual([])
  })

  it('gets the application’s own response where it has one', async () => {
    const { ask } = testApp({
      ...BLOCK_ALL,
      mode: 'enforce',
      respond: (c, { id }) => c.text(`ask us about ${id}`, 429, { 'Retry-After': '60' }),
    })
    const response = await ask('alice')
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
    expect(await response.text()).toMatch(/^ask us about [0-9a-f-]{36}$/)
  })

  it.each<[string, () => Response]>([
    [
      'throws',
      () => {
        throw new Error('template missing')
      },
    ],
    ['gives no response', () => undefined as unknown as Response],
    ['rejects', () => Promise.reject(new Error('template missing')) as unknown as Response],
  ])('is blocked all the same where the application’s response %s', async (_, respond) => {
    const { ask, seen } = testApp({ ...BLOCK_ALL, mode: 'enforce', respond })
    const response = await ask('alice')
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'application/problem+json'])
    expect(seen).toEqual([])
  })

  it('is not blocked where only flags are wanted: blockAt is never set by itself', async () => {
    const { ask, seen } = testApp({ ...FLAG_ALL, mode: 'enforce' })
    expect((await ask('alice')).status).toBe(200)
    expect(last(seen)).toMatchObject({ outcome: 'flag', wouldBe: 'flag', isAnomaly: true })
  })
})

describe('observing', () => {
  it('tells what enforcing would have done, and does nothing', async () => {
    const { ask, seen } = testApp(BLOCK_ALL)
    expect((await ask('alice')).status).toBe(200)
    expect(last(seen)).toMatchObject({ mode: 'observe', outcome: 'allow', wouldBe: 'block', isAnomaly: true })
  })

  it('leaves every byte of a response as it is, whatever the request', async () => {
    const build = (observed: boolean): Hono<HedgerowEnv> => {
      const app = new Hono<HedgerowEnv>()
      if (observed) app.use(hedgerow({ ...BLOCK_ALL, identify: () => 'alice', flagHeader: 'x-flag', explain: true }))
      app.get('/text', (c) => c.text('hello', 200, { 'X-Mixed-Case': 'Kept' }))
      app.get('/json', (c) => c.json({ hello: 'world' }))
      app.get('/plain', () => new Response('hello'))
      app.get('/empty', (c) => c.body(null, 204))
      app.get('/moved', (c) => c.redirect('/text'))
      app.get('/stream', () => new Response(new Blob(['hel', 'lo']).stream()))
      app.get('/cookie', (c) => {
        c.header('Set-Cookie', 'a=1', { append: true })
        c.header('Set-Cookie', 'b=2', { append: true })
        return c.text('hello')
      })
      app.get('/error', () => {
        throw new Error('a handler’s own')
      })
      app.onError((error, c) => c.text(`caught: ${error.message}`, 500))
      return app
    }
    const bare = await listen(build(false))
    const observed = await listen(build(true))
    const bytes = async (port: number, request: string): Promise<string> =>
      (await exchange(port, request)).replace(/\r\nDate: [^\r]*/i, '')
    for (const path of [
      '/text',
      '/json',
      '/plain',
      '/empty',
      '/moved',
      '/stream',
      '/cookie',
      '/error',
      '/none',
      '/%ff',
    ]) {
      const request = get(path)
      const [without, withIt] = [await bytes(bare.port, request), await bytes(observed.port, request)]
      expect(withIt).toBe(without)
      expect(without).toMatch(/^HTTP\/1\.1 \d{3} /)
    }
    const head = get('/text').replace('GET', 'HEAD')
    expect(await bytes(observed.port, head)).toBe(await bytes(bare.port, head))
    await bare.close()
    await observed.close()
  })
})

describe('the flag header', () => {
  const flagHeader = 'X-Anomaly'

  function markedApp(
    options: Parameters<typeof testApp>[0],
  ): ReturnType<typeof testApp> & { readonly marks: unknown[] } {
    const test = testApp({ flagHeader, ...options })
    const marks: unknown[] = []
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ identify: (c) => c.req.header('x-user'), flagHeader, ...options }))
    app.post('/', async (c) => {
      marks.push(c.req.header(flagHeader), c.req.raw.headers.get(flagHeader), await c.req.text())
      test.seen.push(c.var.anomaly)
      return c.text('hello')
    })
    const ask = async (user: string, path = '/', init: RequestInit = {}): Promise<Response> =>
      await app.request(path, { ...init, headers: { ...init.headers, 'x-user': user } })
    return { ...test, app, ask, marks }
  }

  it('marks a flagged request for handlers, its body untouched', async () => {
    const { ask, marks, seen } = markedApp({ ...FLAG_ALL, mode: 'enforce' })
    await ask('alice', '/', { method: 'POST', body: 'the body' })
    const { id } = last(seen)
    expect(marks).toEqual([id, id, 'the body'])
  })

  it.each([
    ['observing', { ...FLAG_ALL }],
    ['enforcing, nothing unusual', { flagAt: 1, mode: 'enforce' }],
    ['skipped', { ...FLAG_ALL, mode: 'enforce', skip: () => true }],
  ] as const)('is taken from a client who sets it himself: %s', async (_, options) => {
    const { ask, marks } = markedApp(options)
    await ask('alice', '/', { method: 'POST', body: 'the body', headers: { 'x-ANOMALY': 'trust me' } })
    expect(marks).toEqual([undefined, null, 'the body'])
  })

  it('marks over real HTTP, where requests are made lazily', async () => {
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow({ ...FLAG_ALL, mode: 'enforce', flagHeader }))
    app.post('/', async (c) =>
      c.json([c.req.header(flagHeader) === c.var.anomaly.id, (await c.req.formData()).get('a')]),
    )
    const { port, close } = await listen(app)
    const body = new URLSearchParams({ a: 'b' })
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body,
      headers: { [flagHeader]: 'forged' },
    })
    expect(await response.json()).toEqual([true, 'b'])
    await close()
  })

  it('can be set on a request that cannot be changed, also after its body was read', async () => {
    // As Workers hand it over: headers of an incoming request are immutable there.
    const immutable = (body: string): Request => {
      const request = new Request('http://localhost/', { method: 'POST', body, headers: { [flagHeader]: 'forged' } })
      for (const method of ['set', 'delete', 'append'] as const) {
        Object.defineProperty(request.headers, method, {
          value: () => {
            throw new TypeError('Can’t modify immutable headers.')
          },
        })
      }
      return request
    }
    for (const readFirst of [false, true]) {
      const app = new Hono<HedgerowEnv>()
      app.use(async (c, next) => {
        if (readFirst) await c.req.text()
        await next()
      })
      app.use(hedgerow({ ...FLAG_ALL, mode: 'enforce', flagHeader, identify: () => 'alice' }))
      app.post('/', async (c) => c.json([c.req.header(flagHeader) === c.var.anomaly.id, await c.req.text()]))
      expect(await (await app.fetch(immutable('the body'))).json()).toEqual([true, 'the body'])
    }
  })
})
