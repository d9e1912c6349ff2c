import type { Meter } from '@opentelemetry/api'
import type { Decision } from '../decision.ts'
import { attributesOf } from './attributes.ts'
import { type EventLogger, emitDetected, GlobalLogger, takesDetected } from './log.ts'
import { DecisionMetrics } from './metrics.ts'
import { annotateNative, type NativeSpan, recordingSpan } from './span.ts'
import { UserHasher } from './user-hash.ts'

export type { EventLogger } from './log.ts'
export { type NativeSpan, nativeSpan } from './span.ts'

export interface TelemetryOptions {
  /** Takes the log events instead of the API's global logger. */
  readonly logger: EventLogger | undefined
  /** Takes the metrics instead of the API's global meter. */
  readonly meter: Meter | undefined
  /** Key of the hash by which spans and log events name users; undefined: they do not. */
  readonly hashKey: string | undefined
}

/** What is told of decisions, to whoever listens. Where nobody does, nothing is computed; nothing here ever throws. */
export class Telemetry {
  readonly #logger: EventLogger | undefined
  readonly #globalLogger = new GlobalLogger()
  readonly #metrics: DecisionMetrics
  readonly #hasher: UserHasher | undefined

  constructor(options: TelemetryOptions) {
    this.#logger = options.logger
    this.#metrics = new DecisionMetrics(options.meter)
    this.#hasher = options.hashKey === undefined ? undefined : new UserHasher(options.hashKey)
  }

  /** Whether somebody would get the hash of the user: only then is there something to wait for. */
  wantsHash(decision: Decision, native: NativeSpan | undefined): boolean {
    if (this.#hasher === undefined) return false
    return decision.isAnomaly || native !== undefined || recordingSpan() !== undefined
  }

  /** The hash of a user; undefined where none is wanted or it cannot be made. */
  async hash(userKey: string | undefined): Promise<string | undefined> {
    try {
      return userKey === undefined ? undefined : await this.#hasher?.hash(userKey)
    } catch {
      return undefined
    }
  }

  /**
   * Tells of a decision on the active spans, in a log event where the event is an anomaly, and in the metrics.
   *
   * @param route gives the pattern that matched, where somebody wants it
   * @param native the active span of Workers' own tracing
   */
  tell(decision: Decision, route: () => string, native: NativeSpan | undefined, userHash: string | undefined): void {
    try {
      this.#metrics.count(decision, route)
      const span = recordingSpan()
      // By what it is, not by what was done: who only observes wants to hear of it too.
      const logger = decision.isAnomaly ? this.#listeningLogger() : undefined
      if (span === undefined && native === undefined && logger === undefined) return
      const attributes = attributesOf(decision, userHash)
      span?.setAttributes(attributes)
      if (native !== undefined) annotateNative(native, attributes)
      if (logger !== undefined) emitDetected(logger, attributes)
    } catch {
      // An exporter's or a logger's trouble is not the request's.
    }
  }

  #listeningLogger(): EventLogger | undefined {
    const logger = this.#logger ?? this.#globalLogger.get()
    return logger !== undefined && takesDetected(logger) ? logger : undefined
  }

  /** Counts an event that could not be folded into a baseline. */
  tellLearnFailure(modelVersion: string): void {
    try {
      this.#metrics.countLearnFailure(modelVersion)
    } catch {
      // As above.
    }
  }
}
