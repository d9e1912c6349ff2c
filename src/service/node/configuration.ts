import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { EventProblem } from '../../event.ts'
import { COMMON, COMMON_SECRETS, type CommonValues, type NODE_ALONE, WORKERS_ALONE } from '../configuration.ts'
import { type Given, integerOf, readBy, readValues, type TextSchema, textOf } from '../configuration-values.ts'
import { DEFAULT_LIMITS } from '../settings.ts'
import { found } from './found.ts'
import { withoutServiceLinks } from './service-links.ts'

/** What can be configured on Node beside what can be everywhere. */
const NODE = {
  HEDGEROW_HOST: textOf(1),
  HEDGEROW_PORT: integerOf(0, 65_535),
  HEDGEROW_HTTP2_PORT: integerOf(0, 65_535),
  HEDGEROW_MODEL: textOf(1),
  HEDGEROW_BASELINES: textOf(1),
  HEDGEROW_STORE: readBy(storeFrom, 'memory, or a Redis address as in redis://localhost:6379'),
  HEDGEROW_KEYS_FILE: textOf(1),
  HEDGEROW_MAX_CONNECTIONS: integerOf(1, 1_000_000),
  HEDGEROW_DRAIN_DELAY_SEC: integerOf(0, 600),
  HEDGEROW_DRAIN_SEC: integerOf(1, 3600),
  HEDGEROW_SAVE_SEC: integerOf(1, 86_400),
} as const satisfies Readonly<Record<(typeof NODE_ALONE)[number] | 'HEDGEROW_STORE', TextSchema<unknown>>>

/** The names of all settings, for flags. */
export const SETTING_NAMES: readonly string[] = Object.keys({ ...COMMON, ...NODE })

export interface NodeConfiguration {
  readonly common: CommonValues
  readonly host: string
  readonly port: number
  /** Where to speak HTTP/2 without TLS too; undefined: nowhere. */
  readonly http2Port: number | undefined
  /** Undefined: the bundled model. */
  readonly modelPath: string | undefined
  readonly baselinesPath: string | undefined
  /** Where baselines live; undefined: in memory. */
  readonly redisUrl: string | undefined
  readonly maxConnections: number
  /** How long nothing may move on a connection. */
  readonly silenceMs: number
  /** How long to go on listening after the request to end, for whoever sends requests here to hear of it. */
  readonly drainDelayMs: number
  /** How long requests may then take to end. */
  readonly drainMs: number
  /** How often baselines are saved. */
  readonly saveMs: number
}

/** @param problems takes everything that is wrong */
export function readNodeConfiguration(given: Given, problems: EventProblem[]): NodeConfiguration {
  const values = readValues(
    { ...COMMON, ...NODE },
    withKeysFile(withoutServiceLinks(given), problems),
    [...COMMON_SECRETS, 'HEDGEROW_STORE'],
    problems,
    { runtime: 'Workers', names: WORKERS_ALONE },
  )
  const host = values.HEDGEROW_HOST ?? '127.0.0.1'
  const redisUrl = values.HEDGEROW_STORE?.redisUrl
  const port = values.HEDGEROW_PORT ?? 8000
  if (port !== 0 && values.HEDGEROW_HTTP2_PORT === port) {
    const wanted = 'another port than HEDGEROW_PORT, which speaks HTTP/1.1'
    problems.push({ field: 'HEDGEROW_HTTP2_PORT', got: String(port), wanted })
  }
  if (!isLoopback(host) && values.HEDGEROW_KEYS === undefined && values.HEDGEROW_INSECURE !== true) {
    const wanted = 'HEDGEROW_KEYS for whoever may ask, a loopback address, or --insecure'
    problems.push({ field: 'HEDGEROW_HOST', got: `${JSON.stringify(host)} without any key`, wanted })
  }
  if (redisUrl !== undefined && values.HEDGEROW_BASELINES !== undefined) {
    problems.push({ field: 'HEDGEROW_BASELINES', got: 'a file', wanted: 'none, since baselines live in Redis' })
  }
  return {
    common: values,
    host,
    port,
    http2Port: values.HEDGEROW_HTTP2_PORT,
    modelPath: values.HEDGEROW_MODEL,
    baselinesPath: values.HEDGEROW_BASELINES,
    redisUrl,
    maxConnections: values.HEDGEROW_MAX_CONNECTIONS ?? 4096,
    silenceMs: silenceMsOf(values),
    drainDelayMs: 1000 * (values.HEDGEROW_DRAIN_DELAY_SEC ?? 1),
    drainMs: 1000 * (values.HEDGEROW_DRAIN_SEC ?? 25),
    saveMs: 1000 * (values.HEDGEROW_SAVE_SEC ?? 300),
  }
}

/** Longer than any body may pause: the client then hears that it took too long, rather than nothing. */
function silenceMsOf(values: CommonValues): number {
  const { HEDGEROW_BODY_TIMEOUT_SEC: bodySec, HEDGEROW_IDLE_TIMEOUT_SEC: idleSec } = values
  const { bodyTimeoutMs, idleTimeoutMs } = DEFAULT_LIMITS
  const longestMs = Math.max(
    bodySec === undefined ? bodyTimeoutMs : 1000 * bodySec,
    idleSec === undefined ? idleTimeoutMs : 1000 * idleSec,
  )
  return longestMs + 30_000
}

/** Secrets of containers come as files. */
function withKeysFile(given: Given, problems: EventProblem[]): Given {
  const path = given.HEDGEROW_KEYS_FILE
  if (typeof path !== 'string' || path === '') return given
  try {
    const inFile = readFileSync(path, 'utf8').trim()
    // A secret that was never filled in: without any key, everybody may ask.
    if (inFile === '') problems.push({ field: 'HEDGEROW_KEYS_FILE', got: 'an empty file', wanted: 'a file of keys' })
    return { ...given, HEDGEROW_KEYS: `${given.HEDGEROW_KEYS ?? ''}\n${inFile}`.trim() }
  } catch (error) {
    problems.push({ field: 'HEDGEROW_KEYS_FILE', got: found(error), wanted: 'a file of keys that can be read' })
    return given
  }
}

function storeFrom(text: string): { readonly redisUrl: string | undefined } | string | undefined {
  if (text === 'durable-object') return 'durable-object, which is for Workers only'
  if (text === 'memory') return { redisUrl: undefined }
  const isRedis = URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol)
  return isRedis ? { redisUrl: text } : undefined
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}
