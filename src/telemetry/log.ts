import * as api from '@opentelemetry/api'
import type { DecisionAttributes } from './attributes.ts'
import * as names from './names.ts'

/** SeverityNumber.WARN of the Logs API, which the API package has only from 1.10 on. */
const WARN = 13

/**
 * The part of an OpenTelemetry logger that is used. Described here since the API package has one only from 1.10 on: this
 * one is any release's, that of `@opentelemetry/api-logs` included.
 */
export interface EventLogger {
  /** Whether anybody would get the record; a logger without this method takes them all. */
  enabled?(options: { severityNumber: number; eventName: string }): boolean
  emit(record: {
    eventName: string
    severityNumber: number
    severityText: string
    body: string
    attributes: DecisionAttributes
  }): void
}

interface LoggerProvider {
  getLogger(name: string): EventLogger
}

/** The logger of the API's global provider, whichever that is when it is asked for. */
export class GlobalLogger {
  #provider: LoggerProvider | undefined
  #logger: EventLogger | undefined

  /** Undefined where the API has no logs yet (1.9). */
  get(): EventLogger | undefined {
    // By name: with a plain `api.logs` bundlers complain of, or refuse, an API package that has no such export.
    const provider = providerOf(Reflect.get(api, 'logs'))
    if (provider !== this.#provider) {
      this.#provider = provider
      this.#logger = provider?.getLogger(names.SCOPE)
    }
    return this.#logger
  }
}

/** Whether it is worth the trouble to make the log event. */
export function takesDetected(logger: EventLogger): boolean {
  return logger.enabled?.({ severityNumber: WARN, eventName: names.ANOMALY_DETECTED }) !== false
}

/** The log event of an anomaly. */
export function emitDetected(logger: EventLogger, attributes: DecisionAttributes): void {
  logger.emit({
    eventName: names.ANOMALY_DETECTED,
    severityNumber: WARN,
    severityText: 'WARN',
    body: 'A request is unusual for the user who made it.',
    attributes,
  })
}

function providerOf(logs: unknown): LoggerProvider | undefined {
  return hasProvider(logs) ? logs.getLoggerProvider() : undefined
}

function hasProvider(logs: unknown): logs is { getLoggerProvider(): LoggerProvider } {
  if (typeof logs !== 'object' || logs === null || !('getLoggerProvider' in logs)) return false
  return typeof logs.getLoggerProvider === 'function'
}
