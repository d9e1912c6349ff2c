import { createClient, RESP_TYPES } from '@redis/client'
import { LATE, withinBudget } from '../../store/budget.ts'
import { type RedisReply, RedisStore } from '../../store/redis.ts'

export interface RedisConnection {
  readonly store: RedisStore
  /** Whether commands can be sent now. */
  readonly isReady: () => boolean
  readonly close: () => Promise<void>
}

/** Who hears of it, once each time: not with every command that fails in between. */
export interface RedisWatcher {
  /** @param reason the system's code, or in words; never a message, which may quote the address */
  readonly onLost: (reason: string) => void
  readonly onBack: () => void
}

const CONNECT_TIMEOUT_MS = 5_000
const REPLY_TIMEOUT_MS = 2_000
const MOST_RETRY_DELAY_MS = 2_000

/**
 * Baselines in Redis. Once connected it connects again by itself; commands fail at once in between, rather than wait in a queue
 * for nobody knows how long. The client waits for ever for the reply to what it has sent: where a Redis hangs, or its host
 * is gone without a word, its connection is given up here.
 *
 * @throws where it cannot connect at the start
 */
export async function connectRedis(url: string, watcher: RedisWatcher): Promise<RedisConnection> {
  const state = { connected: false, closed: false, lost: false }
  const lose = (reason: string): void => {
    if (!state.connected || state.closed || state.lost) return
    state.lost = true
    watcher.onLost(reason)
  }
  const regain = (): void => {
    if (!state.lost) return
    state.lost = false
    watcher.onBack()
  }
  const open = () => {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      commandOptions: { timeout: REPLY_TIMEOUT_MS },
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: (retries, cause) => (state.connected ? Math.min(100 * retries, MOST_RETRY_DELAY_MS) : cause),
      },
    })
    let isGivenUp = false
    // Without a listener, a lost connection would end the process; /health says that it is lost.
    client.on('error', (error: unknown) => {
      // Another has taken its place, and may be well.
      if (!isGivenUp) lose(error instanceof Error && 'code' in error ? String(error.code) : 'the connection was closed')
    })
    client.on('ready', regain)
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    const giveUp = (): void => {
      isGivenUp = true
      try {
        client.destroy()
      } catch {
        // It was closed.
      }
    }
    return { client, binary, giveUp }
  }

  let connection = open()
  try {
    const greeted = await withinBudget(connection.client.connect(), CONNECT_TIMEOUT_MS)
    if (greeted === LATE) throw new Error('redis: got no reply in time')
  } catch (cause) {
    connection.giveUp()
    throw cause
  }
  state.connected = true

  /** What still waits for a reply fails at once: it would wait as long as all that came after it. */
  const replace = (late: typeof connection): void => {
    if (connection !== late || state.closed) return
    lose('no reply in time')
    late.giveUp()
    const fresh = open()
    connection = fresh
    fresh.client.connect().catch(() => undefined)
    // A host that takes the connection and says nothing more is to be asked again, too.
    setTimeout(() => fresh.client.isReady || replace(fresh), CONNECT_TIMEOUT_MS).unref()
  }
  const send = async (args: readonly (string | Uint8Array)[]): Promise<RedisReply> => {
    const used = connection
    const given = args.map((arg) => (typeof arg === 'string' ? arg : Buffer.from(arg)))
    const reply = await withinBudget(used.binary.sendCommand(given), REPLY_TIMEOUT_MS)
    if (reply !== LATE) return reply
    replace(used)
    throw new Error('redis: got no reply in time')
  }
  return {
    store: new RedisStore({ send }),
    isReady: () => connection.client.isReady,
    close: async () => {
      state.closed = true
      await withinBudget(connection.client.close(), REPLY_TIMEOUT_MS).catch(() => undefined)
      connection.giveUp()
    },
  }
}
