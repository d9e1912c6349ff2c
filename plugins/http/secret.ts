import { Refused } from './refused.ts'

const encoder = new TextEncoder()

/** The same time for every guess: what is compared are digests under a key that nobody knows, all of them, to the end. */
export async function isOneOf(presented: string, secrets: readonly string[]): Promise<boolean> {
  const key = await crypto.subtle.importKey(
    'raw',
    crypto.getRandomValues(new Uint8Array(32)),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const digest = async (text: string) => new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  const given = await digest(presented)
  let found = false
  for (const secret of secrets) {
    const wanted = await digest(secret)
    let difference = 0
    for (let i = 0; i < wanted.length; i++) difference |= (wanted[i] as number) ^ (given[i] as number)
    found = difference === 0 || found
  }
  return found
}

/**
 * @param secrets undefined: everybody may send
 * @throws Refused 401
 */
export async function authorise(
  request: Request,
  header: string,
  secrets: readonly string[] | undefined,
): Promise<void> {
  if (secrets === undefined) return
  const presented = request.headers.get(header)
  if (presented !== null && secrets.length > 0 && (await isOneOf(presented, secrets))) return
  throw new Refused(`${header}: wanted the secret that was agreed upon`, { status: 401 })
}
