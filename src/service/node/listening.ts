import { systemReason } from '../../cli/exit.ts'
import { ConfigurationError } from '../configuration-values.ts'
import type { NodeConfiguration } from './configuration.ts'
import { Http2Listener } from './http2-listener.ts'
import type { Listener } from './listener.ts'

/** What the system says where it is the host that will not do, and not the port. */
const OF_HOST = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL']

/** The listener for a proxy, where one is asked for. */
export function http2ListenerOf(
  configuration: NodeConfiguration,
  fetch: ConstructorParameters<typeof Http2Listener>[0],
): Http2Listener | undefined {
  const { http2Port } = configuration
  return http2Port === undefined ? undefined : new Http2Listener(fetch, { ...configuration, port: http2Port })
}

/**
 * Has both listen.
 *
 * @param close what to let go of where they cannot
 * @throws ConfigurationError where the system has no such address to give
 */
export async function listening(
  listener: Listener,
  forProxy: Http2Listener | undefined,
  { host, port, http2Port }: NodeConfiguration,
  close: () => Promise<void>,
): Promise<{ readonly port: number; readonly http2Port: number | undefined }> {
  const at = async (field: string, wished: number, listen: () => Promise<number>): Promise<number> => {
    try {
      return await listen()
    } catch (cause) {
      await close()
      throw refusalOf(cause, field, host, wished)
    }
  }
  return {
    http2Port: forProxy && (await at('HEDGEROW_HTTP2_PORT', http2Port ?? 0, () => forProxy.listen())),
    port: await at('HEDGEROW_PORT', port, () => listener.listen()),
  }
}

/** A fault of our own is none of the address, and stays what it is. */
function refusalOf(cause: unknown, field: string, host: string, port: number): unknown {
  if (!(cause instanceof Error && 'syscall' in cause && 'code' in cause)) return cause
  const reason = systemReason(cause)
  const problem = OF_HOST.includes(String(cause.code))
    ? { field: 'HEDGEROW_HOST', got: `${JSON.stringify(host)}, and: ${reason}`, wanted: 'an address of this machine' }
    : { field, got: `${host}:${port}, and: ${reason}`, wanted: 'an address to listen at' }
  return new ConfigurationError([problem], { cause })
}
