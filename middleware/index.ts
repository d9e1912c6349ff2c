import type { MiddlewareHandler } from 'hono'
import { createHedgerow, type HedgerowEnv } from './create.ts'
import type { HedgerowOptions } from './options.ts'

export type {
  BaselineSummary,
  Decision,
  Mode,
  ModelSummary,
  NotScored,
  Outcome,
  Reason,
} from '../src/decision.ts'
export { type Model, modelFromBytes } from '../src/model.ts'
export type { BaselineStore, Baselines, StoreLayout } from '../src/store/contract.ts'
export { MemoryStore, type MemoryStoreOptions } from '../src/store/memory.ts'
export type { EventLogger } from '../src/telemetry/index.ts'
export type { HedgerowEnv } from './create.ts'
export type { HedgerowOptions, UserId } from './options.ts'

/**
 * Scores every request against what is normal for the user who makes it, as a Hono middleware. Mount it after what
 * authenticates and after what starts spans, so that it knows the user and finds the span:
 *
 *     app.use(hedgerow())
 *
 * By default it only observes: `c.var.anomaly` and the active span say how unusual the request is, nothing else changes.
 *
 * @throws TypeError where an option is not what it should be, naming it, what it got and what it wanted
 */
export function hedgerow(options: HedgerowOptions = {}): MiddlewareHandler<HedgerowEnv> {
  return createHedgerow(options, Date.now)
}
