import pino from 'pino'
import type { LogEntry } from '../settings.ts'

export interface Log {
  readonly request: (entry: LogEntry) => void
  readonly info: (msg: string, more?: Readonly<Record<string, unknown>>) => void
  readonly error: (msg: string, more?: Readonly<Record<string, unknown>>) => void
}

/** The log: a JSON object a line on stdout. */
export function startLog(level: string): Log {
  const logger = pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
  return {
    request: ({ level: severity, msg, ...more }) => logger[severity](more, msg),
    info: (msg, more = {}) => logger.info(more, msg),
    error: (msg, more = {}) => logger.error(more, msg),
  }
}
