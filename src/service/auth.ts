import type { MiddlewareHandler } from 'hono'
import type { KeyRing, KnownKey, Scope } from './keys.ts'
import { Refusal, refuse } from './problem.ts'

export interface AuthVariables {
  /** The key that opened; undefined where the service has none. */
  key: KnownKey | undefined
}

const CHALLENGE = { headers: { 'WWW-Authenticate': 'Bearer realm="hedgerow"' } }

/** Lets those pass whose bearer key has the scope. Without any key configured, everybody. */
export function requireScope(keys: KeyRing, scope: Scope): MiddlewareHandler<{ Variables: AuthVariables }> {
  const wanted = `a bearer key with the scope ${scope}`
  return async function authorise(c, next) {
    if (keys.isEmpty) return next()
    const presented = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (presented === undefined) {
      return refuse(c, new Refusal(401, { field: 'authorization', got: 'no bearer key', wanted }, CHALLENGE))
    }
    const key = await keys.find(presented)
    if (key === undefined) {
      return refuse(c, new Refusal(401, { field: 'authorization', got: 'a key that is not known', wanted }, CHALLENGE))
    }
    if (!key.scopes.includes(scope)) {
      return refuse(c, new Refusal(403, { field: 'authorization', got: 'a key without it', wanted }))
    }
    c.set('key', key)
    return next()
  }
}
