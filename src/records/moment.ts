import { parseIsoTime } from '../time.ts'
import { readLogTime } from './combined.ts'

/**
 * Times as logs have them: ISO 8601, seconds to nanoseconds since 1970 as a number or as text, a date object,
 * OpenTelemetry's pair of seconds and nanoseconds, `10/Oct/2000:13:55:36 -0700`.
 */

/** Longest text that may be a time. */
const MAX_TIME_LENGTH = 64

const NUMBER = /^\d{1,19}(\.\d{1,9})?$/

/** @returns whole milliseconds since 1970; undefined where the value is no time, or lies before 1970 */
export function readMoment(value: unknown): number | undefined {
  if (typeof value === 'string') return readText(value)
  if (typeof value === 'number') return byMagnitude(value)
  if (typeof value === 'bigint') return byMagnitude(Number(value))
  if (value instanceof Date) return atLeastZero(value.getTime())
  if (Array.isArray(value) && value.length === 2) {
    const [seconds, nanoseconds]: unknown[] = value
    if (typeof seconds === 'number' && typeof nanoseconds === 'number')
      return atLeastZero(seconds * 1000 + Math.floor(nanoseconds / 1e6))
  }
  return undefined
}

function readText(text: string): number | undefined {
  if (text.length > MAX_TIME_LENGTH) return undefined
  if (NUMBER.test(text)) return byMagnitude(Number(text))
  return parseIsoTime(text) ?? readLogTime(text)
}

/** Seconds, milliseconds, microseconds or nanoseconds: from 1973 to the year 5138 no two of them can be mistaken. */
function byMagnitude(value: number): number | undefined {
  if (!(value >= 0 && value < 1e20)) return undefined
  if (value < 1e11) return Math.floor(value * 1000)
  if (value < 1e14) return Math.floor(value)
  return Math.floor(value < 1e17 ? value / 1e3 : value / 1e6)
}

function atLeastZero(timeMs: number): number | undefined {
  return timeMs >= 0 && timeMs < 1e14 ? Math.floor(timeMs) : undefined
}
