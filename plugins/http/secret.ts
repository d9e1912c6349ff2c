import { SecretRing } from '../../src/secret-ring.ts'
import { Refused } from './refused.ts'

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
  if (presented !== null && (await new SecretRing(secrets).find(presented)) >= 0) return
  throw new Refused(`${header}: wanted the secret that was agreed upon`, { status: 401 })
}
