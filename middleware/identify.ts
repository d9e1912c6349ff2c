import type { Context } from 'hono'
import { addressKey, sessionKey, userKey } from '../src/identity.ts'
import { isPromise } from '../src/promise.ts'
import { clientAddress } from './address.ts'
import type { Settings, UserId } from './options.ts'
import { field } from './unknown.ts'

/**
 * Where other middleware leaves the user that it has verified, in the order in which we believe it:
 * hono/jwt and hono/jwk; @hono/cloudflare-access; @hono/auth-js; better-auth, Lucia and most home-made ones; then the
 * sessions of better-auth, hono-session and @hono/session.
 */
const VERIFIED: readonly (readonly [variable: string, paths: readonly Path[]])[] = [
  ['jwtPayload', [['sub']]],
  ['accessPayload', [['sub']]],
  [
    'authUser',
    [
      ['user', 'id'],
      ['token', 'sub'],
    ],
  ],
  ['user', [['id'], ['sub']]],
  [
    'session',
    [['userId'], ['user_id'], ['sub'], ['user', 'id'], ['data', 'userId'], ['data', 'user_id'], ['data', 'sub']],
  ],
]

type Path = readonly [string, ...string[]]

/**
 * The key of whoever makes the request: what the application says, else a user or session that other middleware has
 * verified, else the client's address. Never one shared "unknown": where nobody is known the result is undefined, and
 * so it is where somebody is named by an id that cannot be a key.
 */
export function identify(c: Context, settings: Settings): string | undefined | Promise<string | undefined> {
  const named = settings.identify?.(c)
  if (isPromise(named)) return Promise.resolve(named).then((id) => keyOf(c, id, settings))
  return keyOf(c, named, settings)
}

function keyOf(c: Context, named: UserId, settings: Settings): string | undefined {
  if (!isNobody(named)) return userKey(named)
  for (const [variable, paths] of VERIFIED) {
    // Variables are typed by the application, not by us: this may be anything at all.
    const value: unknown = c.get(variable)
    if (value === undefined || value === null) continue
    for (const path of paths) {
      const id = at(value, path)
      if (!isNobody(id)) return userKey(id)
    }
  }
  const session = at(c.get('session'), ['id'])
  if (!isNobody(session)) return sessionKey(session)
  const address = clientAddress(c, settings.trustedProxies)
  return address === undefined ? undefined : addressKey(address)
}

function at(value: unknown, path: Path): unknown {
  try {
    return field(value, ...path)
  } catch {
    // @hono/session's data throws until somebody has loaded it.
    return undefined
  }
}

function isNobody(id: unknown): boolean {
  return id === undefined || id === null || id === ''
}
