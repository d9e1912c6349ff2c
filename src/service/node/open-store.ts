import { expectWritable } from '../../cli/output-file.ts'
import type { EventProblem } from '../../event.ts'
import type { Model } from '../../model.ts'
import type { BaselineStore } from '../../store/contract.ts'
import { MemoryStore } from '../../store/memory.ts'
import { MAX_USERS } from '../configuration.ts'
import { BaselinesFile } from './baselines-file.ts'
import type { NodeConfiguration } from './configuration.ts'
import { found } from './found.ts'
import type { Log } from './log.ts'
import { connectRedis } from './redis-client.ts'

/** Where baselines live, with what there is to do about it. */
export interface OpenedStore {
  readonly store: BaselineStore
  readonly kind: 'memory' | 'redis'
  /** Users whose baselines were read at the start; undefined where there is no file to read. */
  readonly restored: number | undefined
  readonly notReady: () => string | undefined
  /** @returns how many users' baselines were written; undefined where there is no file to write */
  readonly save: () => Promise<number | undefined>
  readonly close: () => Promise<void>
}

/**
 * @param model undefined where it could not be read: what is wrong with the store is then told all the same
 * @param problems takes why it cannot be opened
 * @param log is told when it is lost later, and when it is back
 * @returns undefined where it cannot
 */
export async function openStore(
  configuration: NodeConfiguration,
  model: Model | undefined,
  problems: EventProblem[],
  log: Log,
): Promise<OpenedStore | undefined> {
  const { redisUrl, baselinesPath, common } = configuration
  if (redisUrl !== undefined) return openRedis(redisUrl, problems, log)
  if (baselinesPath !== undefined) await checkWritable(baselinesPath, problems)
  if (model === undefined) return undefined
  const store = new MemoryStore({ maxUsers: common.HEDGEROW_MAX_USERS ?? MAX_USERS })
  const file = baselinesPath === undefined ? undefined : new BaselinesFile(baselinesPath, store, model)
  const restored = await file?.load(problems)
  return {
    store,
    kind: 'memory',
    restored,
    notReady: () => undefined,
    save: async () => file?.save(),
    close: async () => undefined,
  }
}

async function checkWritable(path: string, problems: EventProblem[]): Promise<void> {
  try {
    await expectWritable(path)
  } catch (error) {
    problems.push({ field: 'HEDGEROW_BASELINES', got: found(error), wanted: 'a file that can be written' })
  }
}

async function openRedis(url: string, problems: EventProblem[], log: Log): Promise<OpenedStore | undefined> {
  try {
    const { store, isReady, close } = await connectRedis(url, {
      onLost: (reason) => log.warn('Redis lost', { reason }),
      onBack: () => log.info('Redis back'),
    })
    const notReady = (): string | undefined => (isReady() ? undefined : 'Redis cannot be reached')
    return { store, kind: 'redis', restored: undefined, notReady, save: async () => undefined, close }
  } catch (error) {
    problems.push({ field: 'HEDGEROW_STORE', got: codeOf(error), wanted: 'a Redis that can be reached' })
    return undefined
  }
}

/** The system's code for what went wrong, under whatever the client wrapped it in. Never a message: it may quote the address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer that Redis gives'
  if ('code' in error) return String(error.code)
  return codeOf('originalError' in error ? error.originalError : error.cause)
}
