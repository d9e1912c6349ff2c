import type { Context, MiddlewareHandler } from 'hono'
import type { Decision } from '../src/decision.ts'
import { isPromise } from '../src/promise.ts'
import { nativeSpan } from '../src/telemetry/index.ts'
import { runsOnWorkers } from './address.ts'
import { Assessor } from './assess.ts'
import { blockResponse, removeMark, setMark } from './enforce.ts'
import { type Clock, routeOf } from './event.ts'
import { runInBackground, teach } from './learn.ts'
import { type HedgerowOptions, settle } from './options.ts'

/** Types `c.var.anomaly` in the apps that say so: `new Hono<HedgerowEnv>()`. */
export interface HedgerowEnv {
  Variables: {
    /** The decision on this request; on one that was skipped, a decision not to score it (`why: 'skipped'`). */
    anomaly: Decision
  }
}

/**
 * The middleware, with a clock of one's own. The package exports it with the system's only: no request, and no
 * configuration, can set the time of a production build.
 */
export function createHedgerow(options: HedgerowOptions, clock: Clock): MiddlewareHandler<HedgerowEnv> {
  const settings = settle(options)
  const { skip, onDecision, respond, flagHeader, telemetry } = settings
  const assessor = new Assessor(settings, clock)
  const failedToLearn = (): void => telemetry.tellLearnFailure(settings.model.version)

  return async function hedgerow(c, next) {
    if (flagHeader !== undefined) removeMark(c, flagHeader)
    if (skip !== undefined && skips(skip, c)) {
      c.set('anomaly', assessor.skip())
      return next()
    }
    // Awaiting what is there already would cost every request a turn of the event loop.
    const assessing = assessor.assess(c)
    const { decision, key, lesson } = isPromise(assessing) ? await assessing : assessing
    c.set('anomaly', decision)

    const native = workersSpan(c)
    const userHash = telemetry.wantsHash(decision, native) ? await telemetry.hash(key) : undefined
    telemetry.tell(decision, () => routeOf(c), native, userHash)
    if (onDecision !== undefined) tellApplication(onDecision, decision, c)

    if (decision.outcome === 'block') return blockResponse(c, decision, respond)
    if (decision.outcome === 'flag' && flagHeader !== undefined) setMark(c, flagHeader, decision)
    try {
      await next()
    } finally {
      if (lesson !== undefined) teach(assessor, c, lesson, failedToLearn)
    }
    return undefined
  }
}

/** An application that cannot say whether to skip a request gets it scored. */
function skips(skip: (c: Context) => boolean, c: Context): boolean {
  try {
    return skip(c) === true
  } catch {
    return false
  }
}

function tellApplication(
  onDecision: (decision: Decision, c: Context) => unknown,
  decision: Decision,
  c: Context,
): void {
  try {
    const told = onDecision(decision, c)
    if (isPromise(told)) runInBackground(c, told)
  } catch {
    // The request has done nothing wrong.
  }
}

/** Elsewhere there is none, and Hono throws an error to say so, which takes as long as a score. */
function workersSpan(c: Context): ReturnType<typeof nativeSpan> {
  if (!runsOnWorkers(c)) return undefined
  try {
    return nativeSpan(c.executionCtx)
  } catch {
    return undefined
  }
}
