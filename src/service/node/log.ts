import pino from 'pino'
import type { LogEntry } from '../settings.ts'

type Say = (msg: string, more?: Readonly<Record<string, unknown>>) => void

export interface Log {
  readonly request: (entry: LogEntry) => void
  readonly debug: Say
  readonly info: Say
  readonly warn: Say
  readonly error: Say
  /** The same log with a level of its own. */
  readonly withLevel: (level: string) => Log
}

/** The log: a JSON object a line on stdout. */
export function startLog(level: string): Log {
  return logOf(
    pino({
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    }),
  )
}

function logOf(logger: pino.Logger): Log {
  return {
    request: ({ level: severity, msg, ...more }) => logger[severity](more, msg),
    debug: (msg, more = {}) => logger.debug(more, msg),
    info: (msg, more = {}) => logger.info(more, msg),
    warn: (msg, more = {}) => logger.warn(more, msg),
    error: (msg, more = {}) => logger.error(more, msg),
    withLevel: (level) => logOf(logger.child({}, { level })),
  }
}
