/** The digests of the secrets, and the key that made them. */
interface Digests {
  readonly hmac: CryptoKey
  readonly own: readonly Uint8Array[]
}

/**
 * Secrets, to hold a presented one against. Compared are HMACs under a key of this process's own, each of them, to the
 * last byte: how long it takes says nothing of how much of a secret was right.
 */
export class SecretRing {
  readonly #secrets: readonly string[]
  #digests: Digests | undefined

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets
  }

  /** @returns the place of the secret that it is, -1 where it is none */
  async find(presented: string): Promise<number> {
    // Made by the first request (Workers have no randomness before), or by two first ones at a time, to no harm: each
    // compares with its own. A promise could not be shared: in Workers it belongs to the request that made it.
    const digests = this.#digests ?? (await digestsOf(this.#secrets))
    this.#digests = digests
    const digest = await digestOf(digests.hmac, presented)
    let found = -1
    for (const [i, own] of digests.own.entries()) if (areSame(own, digest)) found = i
    return found
  }
}

async function digestsOf(secrets: readonly string[]): Promise<Digests> {
  const random = crypto.getRandomValues(new Uint8Array(32))
  const hmac = await crypto.subtle.importKey('raw', random, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return { hmac, own: await Promise.all(secrets.map((secret) => digestOf(hmac, secret))) }
}

async function digestOf(hmac: CryptoKey, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode(text)))
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0)
  return difference === 0
}
