import { createClient, RESP_TYPES } from '@redis/client'
import { type RedisReply, RedisStore } from '../../store/redis.ts'

export interface RedisConnection {
  readonly store: RedisStore
  /** Whether commands can be sent now. */
  readonly isReady: () => boolean
  readonly close: () => Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000
const COMMAND_TIMEOUT_MS = 2_000
const MOST_RETRY_DELAY_MS = 2_000

/**
 * Baselines in Redis. Once connected it connects again by itself; commands fail at once in between, rather than wait in a queue
 * for nobody knows how long.
 *
 * @throws where it cannot connect at the start
 */
export async function connectRedis(url: string): Promise<RedisConnection> {
  const state = { connected: false }
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: COMMAND_TIMEOUT_MS },
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries, cause) => (state.connected ? Math.min(100 * retries, MOST_RETRY_DELAY_MS) : cause),
    },
  })
  // Without a listener, a lost connection would end the process; /health says that it is lost.
  client.on('error', () => undefined)
  await client.connect()
  state.connected = true
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  const send = async (args: readonly (string | Uint8Array)[]): Promise<RedisReply> =>
    binary.sendCommand(args.map((arg) => (typeof arg === 'string' ? arg : Buffer.from(arg))))
  return {
    store: new RedisStore({ send }),
    isReady: () => client.isReady,
    close: async () => {
      await client.close().catch(() => client.destroy())
    },
  }
}
