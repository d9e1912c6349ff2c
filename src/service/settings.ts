import type { Context, MiddlewareHandler } from 'hono'
import type { TrustedProxies } from '../../middleware/trusted-proxies.ts'
import type { Model } from '../model.ts'
import type { BaselineStore } from '../store/contract.ts'
import type { NativeSpan } from '../telemetry/index.ts'
import type { ThresholdOptions } from '../thresholds.ts'
import type { Key } from './keys.ts'

/** All that a service is made from, whatever runs it. */
export interface ServiceSettings {
  readonly model: Model
  readonly store: BaselineStore
  readonly thresholds: ThresholdOptions & { readonly flagAt: number }
  /** Percentile from which on the outcome is `block`; undefined: never. */
  readonly blockAt: number | undefined
  /** Who may ask for what; none: everybody for everything. */
  readonly keys: readonly Key[]
  readonly limits: Limits
  /** Origins whose pages may call the service; none: no CORS headers. */
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: TrustedProxies | undefined
  /** Key of the hashes by which logs and spans name users and clients; undefined: one that lasts as long as this process. */
  readonly hashKey: string | undefined
  readonly platform: Platform
}

export interface Limits {
  /** Bytes of one event, also as a row of a batch. */
  readonly maxEventBytes: number
  /** Bytes of a batch, decompressed. */
  readonly maxBatchBytes: number
  /** Batches at a time; a further one is asked to come again. */
  readonly maxBatches: number
  /** Within which the body of a single event must have come. */
  readonly bodyTimeoutMs: number
  /** How long a batch may pause. */
  readonly idleTimeoutMs: number
}

export const DEFAULT_LIMITS: Limits = {
  maxEventBytes: 65_536,
  maxBatchBytes: 2 ** 30,
  maxBatches: 16,
  bodyTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
}

/** What differs between Node and Workers. */
export interface Platform {
  /** The files of the documentation page's library. */
  readonly docsFile: (name: DocsFile, c: Context) => Response | Promise<Response>
  /** The metrics in Prometheus' format; undefined where the platform keeps none. */
  readonly metrics?: (() => Promise<string>) | undefined
  readonly log?: ((entry: LogEntry) => void) | undefined
  /** Why it cannot serve now; undefined where it can. */
  readonly notReady?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** The active span of the platform's own tracing. */
  readonly nativeSpan?: ((c: Context) => NativeSpan | undefined) | undefined
  /** What runs round every request, as one that starts a span. */
  readonly around?: MiddlewareHandler | undefined
}

export const DOCS_FILES = ['swagger-ui-bundle.js', 'swagger-ui.css'] as const
export type DocsFile = (typeof DOCS_FILES)[number]

/** A request, as the log tells of it: no ids, no addresses, no paths, but hashes and patterns. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly msg: string
  readonly method?: string
  readonly route?: string
  readonly status?: number
  readonly duration_ms?: number
  readonly trace_id?: string
  readonly span_id?: string
  readonly [more: string]: unknown
}
