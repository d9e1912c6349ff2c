/** 128 bits: enough that no two users meet, short enough to read. */
const HASH_HEX_LENGTH = 32

/**
 * Names a user without saying who it is: a keyed hash (HMAC-SHA-256, 32 hex digits), so that nobody without the key can
 * try names until one fits.
 */
export class UserHasher {
  readonly #secret: string
  #key: CryptoKey | undefined

  constructor(secret: string) {
    this.#secret = secret
  }

  /** @param userKey the key of the user's baseline */
  async hash(userKey: string): Promise<string> {
    const encoder = new TextEncoder()
    // Imported in the first request (Workers forbid it at start-up), and the key is kept rather than a promise of it: in
    // Workers a promise belongs to the request that made it.
    this.#key ??= await crypto.subtle.importKey(
      'raw',
      encoder.encode(this.#secret),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', this.#key, encoder.encode(userKey)))
    const hex = Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('')
    return hex.slice(0, HASH_HEX_LENGTH)
  }
}
