import { SecretRing } from '../secret-ring.ts'

/** What a key opens. */
export const SCOPES = ['predict', 'users', 'metrics'] as const
export type Scope = (typeof SCOPES)[number]

export interface Key {
  readonly secret: string
  readonly scopes: readonly Scope[]
}

const LEAST_SECRET_LENGTH = 20
const MOST_SECRET_LENGTH = 256

/** As RFC 6750 has bearer tokens. */
const SECRET = /^[A-Za-z0-9\-._~+/]+=*$/

export const KEYS_WANTED = `scopes:secret, separated by spaces or line ends: scopes are all, or some of ${SCOPES.join('+')}; a secret has ${LEAST_SECRET_LENGTH} to ${MOST_SECRET_LENGTH} letters, digits and -._~+/`

/**
 * Reads the keys of a configuration: `predict:SECRET users+metrics:SECRET all:SECRET`.
 *
 * @returns in words all that is wrong, by the number of each entry and never its text, where anything is
 */
export function parseKeys(text: string): readonly Key[] | string {
  const keys: Key[] = []
  const wrong: string[] = []
  // Given and yet empty is a mistake: without any key, everybody may ask.
  if (text.trim() === '') return 'white space alone'
  for (const [i, entry] of text.trim().split(/\s+/).entries()) {
    const colon = entry.indexOf(':')
    const secret = entry.slice(colon + 1)
    const scopes = colon < 0 ? undefined : parseScopes(entry.slice(0, colon))
    const problem = problemOf(secret, keys)
    if (scopes === undefined) wrong.push(`entry ${i + 1} without scopes that there are`)
    else if (problem !== undefined) wrong.push(`entry ${i + 1} with ${problem}`)
    else keys.push({ secret, scopes })
  }
  return wrong.length > 0 ? wrong.join(', ') : keys
}

function problemOf(secret: string, others: readonly Key[]): string | undefined {
  if (secret.length < LEAST_SECRET_LENGTH || secret.length > MOST_SECRET_LENGTH) {
    return `a secret of ${secret.length} characters`
  }
  if (!SECRET.test(secret)) return 'a character that no secret has'
  return others.some((key) => key.secret === secret) ? 'the secret of another' : undefined
}

function parseScopes(text: string): readonly Scope[] | undefined {
  if (text === 'all') return SCOPES
  const scopes = text.split('+').map((name) => SCOPES.find((scope) => scope === name))
  return scopes.every((scope) => scope !== undefined) ? scopes : undefined
}

/** A key that was presented, by its place in the configuration, so that logs can tell keys apart without naming one. */
export interface KnownKey {
  readonly index: number
  readonly scopes: readonly Scope[]
}

/** The keys, to hold a presented one against. */
export class KeyRing {
  readonly #keys: readonly Key[]
  readonly #secrets: SecretRing

  constructor(keys: readonly Key[]) {
    this.#keys = keys
    this.#secrets = new SecretRing(keys.map(({ secret }) => secret))
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0
  }

  async find(presented: string): Promise<KnownKey | undefined> {
    if (presented.length > MOST_SECRET_LENGTH) return undefined
    const index = await this.#secrets.find(presented)
    const key = this.#keys[index]
    return key === undefined ? undefined : { index, scopes: key.scopes }
  }
}
