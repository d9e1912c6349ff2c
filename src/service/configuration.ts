import { type TrustedProxies, trustedProxiesFrom } from '../../middleware/trusted-proxies.ts'
import type { EventProblem } from '../event.ts'
import type { Model } from '../model.ts'
import type { BaselineStore } from '../store/contract.ts'
import { flagAtOf as trainedFlagAt } from '../thresholds.ts'
import {
  booleanOf,
  choiceOf,
  integerOf,
  listOf,
  numberOf,
  readBy,
  type readValues,
  textOf,
} from './configuration-values.ts'
import { KEYS_WANTED, parseKeys } from './keys.ts'
import { DEFAULT_LIMITS, type Platform, type ServiceSettings } from './settings.ts'

const SHARES = 'two percentiles, the lower first, as in 0.95,0.999'

/** What can be configured whatever runs the service. docs/deploy.md says what each is for. */
export const COMMON = {
  HEDGEROW_FLAG_AT: numberOf(0, 1),
  HEDGEROW_BLOCK_AT: numberOf(0, 1),
  HEDGEROW_ADAPTIVE: readBy(boundsFrom, SHARES),
  HEDGEROW_HOLD_SHARE: booleanOf(),
  HEDGEROW_KEYS: readBy(parseKeys, KEYS_WANTED),
  HEDGEROW_HASH_KEY: textOf(16),
  HEDGEROW_INSECURE: booleanOf(),
  HEDGEROW_CORS_ORIGINS: listOf(isOrigin, 'origins as in https://app.example.com, separated by commas'),
  HEDGEROW_TRUSTED_PROXIES: readBy(
    proxiesFrom,
    'a number from 1 to 16, or addresses and CIDR blocks, separated by commas',
  ),
  HEDGEROW_LOG_LEVEL: choiceOf(['debug', 'info', 'warn', 'error', 'silent']),
  HEDGEROW_MAX_USERS: integerOf(16, 10_000_000),
  HEDGEROW_MAX_EVENT_BYTES: integerOf(256, 2 ** 24),
  HEDGEROW_MAX_BATCH_BYTES: integerOf(1024, 2 ** 40),
  HEDGEROW_MAX_BATCHES: integerOf(1, 10_000),
  HEDGEROW_BODY_TIMEOUT_SEC: integerOf(1, 3600),
  HEDGEROW_IDLE_TIMEOUT_SEC: integerOf(1, 3600),
} as const

/** Settings that one runtime alone has: on the other they are told apart from names that nobody knows. */
export const NODE_ALONE = [
  'HEDGEROW_HOST',
  'HEDGEROW_PORT',
  'HEDGEROW_HTTP2_PORT',
  'HEDGEROW_MODEL',
  'HEDGEROW_BASELINES',
  'HEDGEROW_KEYS_FILE',
  'HEDGEROW_MAX_CONNECTIONS',
  'HEDGEROW_DRAIN_DELAY_SEC',
  'HEDGEROW_DRAIN_SEC',
  'HEDGEROW_SAVE_SEC',
] as const
export const WORKERS_ALONE = ['HEDGEROW_SHARDS'] as const

export const COMMON_SECRETS: readonly string[] = ['HEDGEROW_KEYS', 'HEDGEROW_HASH_KEY']

export type CommonValues = ReturnType<typeof readValues<typeof COMMON>>

export const MAX_USERS = 50_000

/** Adds what is wrong between settings that are each well by themselves. */
export function checkTogether(values: CommonValues, flagAt: number, problems: EventProblem[]): void {
  const { HEDGEROW_BLOCK_AT: blockAt, HEDGEROW_ADAPTIVE: adaptive } = values
  if (blockAt !== undefined && blockAt < flagAt) {
    problems.push({
      field: 'HEDGEROW_BLOCK_AT',
      got: String(blockAt),
      wanted: `at least ${flagAt}, from which on is flagged`,
    })
  }
  if (adaptive !== undefined && (adaptive.lowest > flagAt || adaptive.highest < flagAt)) {
    const got = `${adaptive.lowest},${adaptive.highest}`
    problems.push({
      field: 'HEDGEROW_ADAPTIVE',
      got,
      wanted: `bounds with ${flagAt} between them, from which on is flagged`,
    })
  }
}

/** The percentile from which on events are anomalies, where none is set: the share that the model's trainer expected. */
export function flagAtOf(values: CommonValues, model: Model): number {
  return values.HEDGEROW_FLAG_AT ?? trainedFlagAt(model)
}

export function settingsFrom(
  values: CommonValues,
  { model, store, platform }: { readonly model: Model; readonly store: BaselineStore; readonly platform: Platform },
): ServiceSettings {
  const { HEDGEROW_ADAPTIVE: adaptive } = values
  const ms = (seconds: number | undefined, fallback: number): number =>
    seconds === undefined ? fallback : seconds * 1000
  return {
    model,
    store,
    platform,
    thresholds: {
      flagAt: flagAtOf(values, model),
      holdShare: values.HEDGEROW_HOLD_SHARE ?? false,
      ...(adaptive === undefined ? {} : { adaptive }),
    },
    blockAt: values.HEDGEROW_BLOCK_AT,
    keys: values.HEDGEROW_KEYS ?? [],
    limits: {
      maxEventBytes: values.HEDGEROW_MAX_EVENT_BYTES ?? DEFAULT_LIMITS.maxEventBytes,
      maxBatchBytes: values.HEDGEROW_MAX_BATCH_BYTES ?? DEFAULT_LIMITS.maxBatchBytes,
      maxBatches: values.HEDGEROW_MAX_BATCHES ?? DEFAULT_LIMITS.maxBatches,
      bodyTimeoutMs: ms(values.HEDGEROW_BODY_TIMEOUT_SEC, DEFAULT_LIMITS.bodyTimeoutMs),
      idleTimeoutMs: ms(values.HEDGEROW_IDLE_TIMEOUT_SEC, DEFAULT_LIMITS.idleTimeoutMs),
    },
    corsOrigins: values.HEDGEROW_CORS_ORIGINS ?? [],
    trustedProxies: values.HEDGEROW_TRUSTED_PROXIES,
    hashKey: values.HEDGEROW_HASH_KEY,
  }
}

function boundsFrom(text: string): { lowest: number; highest: number } | undefined {
  const [lowest = Number.NaN, highest = Number.NaN, ...more] = text.split(',').map(Number)
  return more.length === 0 && lowest >= 0 && lowest <= highest && highest <= 1 ? { lowest, highest } : undefined
}

function proxiesFrom(text: string): TrustedProxies | undefined {
  try {
    return trustedProxiesFrom(/^\d+$/.test(text) ? Number(text) : text.split(/[\s,]+/).filter((part) => part !== ''))
  } catch {
    return undefined
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}
