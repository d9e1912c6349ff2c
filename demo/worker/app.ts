import { env } from 'cloudflare:workers'
import { httpInstrumentationMiddleware } from '@hono/otel'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { createHedgerow } from '../../middleware/create.ts'
import type { HedgerowEnv, HedgerowOptions } from '../../middleware/index.ts'
import { defaultModel } from '../../model/default.ts'
import { layoutOf } from '../../src/model.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { baselinesFromBytes } from '../../src/store/snapshot.ts'
import { DECISION_HEADER, encodeDecision, FLUSH_HEADER, TIME_HEADER } from '../headers.ts'
import { startTracing } from './tracing.ts'

export interface DemoEnv extends HedgerowEnv {
  Bindings: DemoBindings
}

export interface DemoBindings {
  /** What the users' tokens are signed with. */
  readonly JWT_SECRET: string
  /** What is known of the users before the first request; empty for nothing. */
  readonly BASELINES: ArrayBuffer
}

/**
 * An app traced by OpenTelemetry with Hedgerow mounted, as any other, but for three things that only a replay needs: each
 * request brings its own time, the users' history is there from the start, and each response tells the decision.
 *
 * @param authenticate what finds out who makes a request, before Hedgerow asks
 */
export function demoApp(options: HedgerowOptions, authenticate?: MiddlewareHandler<DemoEnv>): Hono<DemoEnv> {
  const outbox = startTracing()
  const app = new Hono<DemoEnv>()
  app.use(async (c, next) => {
    if (c.req.header(FLUSH_HEADER) !== undefined) {
      await outbox.forceFlush()
      return c.body(null, 204)
    }
    await next()
    if (outbox.isFull) c.executionCtx.waitUntil(outbox.forceFlush())
    return undefined
  })
  app.use(httpInstrumentationMiddleware())
  if (authenticate !== undefined) app.use(authenticate)
  app.use(createHedgerow({ ...options, store: taughtStore() }, timeOf))
  app.use(async (c, next) => {
    await next()
    c.res.headers.set(DECISION_HEADER, encodeDecision(c.var.anomaly))
  })
  return app
}

/** The request's own time. A production build has nothing that reads it: `hedgerow()` takes no clock. */
function timeOf(c: Context): number {
  return Number(c.req.header(TIME_HEADER))
}

function taughtStore(): MemoryStore {
  const store = new MemoryStore()
  const { BASELINES } = env as unknown as DemoBindings
  if (BASELINES.byteLength === 0) return store
  const model = defaultModel()
  const layout = layoutOf(model)
  store.open(layout).restore(baselinesFromBytes(new Uint8Array(BASELINES), layout))
  return store
}
