import { type Context, Hono } from 'hono'
import { basicAuth } from 'hono/basic-auth'
import { jwt, sign } from 'hono/jwt'
import { describe, expect, it } from 'vitest'
import { type HedgerowOptions, hedgerow } from '../../middleware/index.ts'
import { WatchedStore } from './stores.ts'

/** The key under which a request's baseline was looked up; undefined where nobody was known. */
async function keyOf(
  variables: Readonly<Record<string, unknown>>,
  options: HedgerowOptions = {},
): Promise<string | undefined> {
  const store = new WatchedStore()
  const app = new Hono<{ Variables: Record<string, unknown> }>()
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(variables)) c.set(name, value)
    await next()
  })
  app.use(hedgerow({ ...options, store }))
  app.get('/', (c) => c.text('hello'))
  const response = await app.request('/', {}, { incoming: { socket: { remoteAddress: '192.0.2.1' } } })
  expect(response.status).toBe(200)
  return store.reads[0]
}

describe('who makes a request', () => {
  it.each<[string, HedgerowOptions['identify'], string | undefined]>([
    ['a string', () => 'alice', 'alice'],
    ['a number', () => 7, '7'],
    ['a bigint', () => 7n, '7'],
    ['a promise', async () => 'alice', 'alice'],
    ['undefined', () => undefined, 'address:192.0.2.1'],
    ['null', () => null, 'address:192.0.2.1'],
    ['an empty string', async () => '', 'address:192.0.2.1'],
    ['an id of 257 characters', () => 'x'.repeat(257), undefined],
    ['half a number', () => 1.5, undefined],
    ['a user id like an address', () => 'address:192.0.2.1', 'user:address:192.0.2.1'],
  ])('is what the application says: %s', async (_, identify, key) => {
    expect(await keyOf({}, { identify })).toBe(key)
  })

  it('is nobody where the application gives something that names none', async () => {
    const identify = (): never => ({ id: 7 }) as never
    expect(await keyOf({}, { identify })).toBeUndefined()
  })

  it.each([
    ['hono/jwt', { jwtPayload: { sub: 'alice' } }, 'alice'],
    ['@hono/cloudflare-access', { accessPayload: { sub: 'alice', email: 'a@example.org' } }, 'alice'],
    ['@hono/auth-js, database sessions', { authUser: { session: {}, user: { id: 'alice' } } }, 'alice'],
    ['@hono/auth-js, JWT sessions', { authUser: { session: {}, token: { sub: 'alice' } } }, 'alice'],
    ['better-auth', { user: { id: 'alice' }, session: { id: 's1', userId: 'alice' } }, 'alice'],
    ['better-auth, nobody signed in', { user: null, session: null }, 'address:192.0.2.1'],
    ['hono-session', { session: { userId: 7 } }, '7'],
    ['a session without a user', { session: { id: 's1' } }, 'session:s1'],
    ['a JWT without a subject', { jwtPayload: { role: 'guest' } }, 'address:192.0.2.1'],
    ['a user of another kind', { user: 'alice', session: () => 'x' }, 'address:192.0.2.1'],
    ['a subject too long to be a key', { jwtPayload: { sub: 'x'.repeat(300) } }, undefined],
    ['a JWT before a session', { session: { userId: 'bob' }, jwtPayload: { sub: 'alice' } }, 'alice'],
  ])('is who other middleware has verified: %s', async (_, variables, key) => {
    expect(await keyOf(variables)).toBe(key)
  })

  it('is the subject of a token that hono/jwt itself has verified', async () => {
    const store = new WatchedStore()
    const secret = 'a secret for this test only'
    const app = new Hono()
    app.use(jwt({ secret, alg: 'HS256' }))
    app.use(hedgerow({ store }))
    app.get('/', (c) => c.text('hello'))
    const ask = async (token: string): Promise<number> =>
      (await app.request('/', { headers: { authorization: `Bearer ${token}` } })).status
    expect(await ask(await sign({ sub: 'alice' }, secret, 'HS256'))).toBe(200)
    expect(await ask(await sign({ sub: 'mallory' }, 'another secret of hers', 'HS256'))).toBe(401)
    expect(store.reads).toEqual(['alice'])
  })

  it('is the user that hono/basic-auth has let in', async () => {
    const store = new WatchedStore()
    const app = new Hono<{ Variables: { user: { id: string } } }>()
    app.use(
      basicAuth({
        username: 'alice',
        password: 'pw',
        onAuthSuccess: (c, id) => void (c as Context).set('user', { id }),
      }),
    )
    app.use(hedgerow({ store }))
    app.get('/', (c) => c.text('hello'))
    await app.request('/', { headers: { authorization: `Basic ${btoa('alice:pw')}` } })
    expect(store.reads).toEqual(['alice'])
  })

  it('is in the data of a session of @hono/session once somebody has loaded it', async () => {
    const unloaded = {
      get data(): never {
        throw new Error('Session not initialised. Call get() or update() first.')
      },
    }
    expect(await keyOf({ session: unloaded })).toBe('address:192.0.2.1')
    expect(await keyOf({ session: { data: { sub: 'alice' } } })).toBe('alice')
  })

  it('is nobody where nothing says who: not one user called unknown', async () => {
    const store = new WatchedStore()
    const app = new Hono().use(hedgerow({ store })).get('/', (c) => c.text('hello'))
    await app.request('/')
    expect(store.reads).toEqual([])
  })
})
