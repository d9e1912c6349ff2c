/**
 * Times as text, read exactly. `Date.parse` takes the 31st of February and the hour 24 and leaves much to the runtime;
 * here a date that no calendar has is refused, and the same text gives the same time everywhere.
 */

/** Hour (0-23, UTC) of a time in milliseconds since 1970. */
export function hourOfDay(timestampMs: number): number {
  return Math.floor(timestampMs / 3_600_000) % 24
}

/** Weekday (0-6, 0 = Monday, UTC) of a time in milliseconds since 1970. */
export function dayOfWeek(timestampMs: number): number {
  return (Math.floor(timestampMs / 86_400_000) + 3) % 7 // 1970-01-01 was a Thursday
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** What says how long a zone offset may be: as RFC 3339, up to 23:59 either way. */
const MAX_OFFSET_HOURS = 23

/**
 * Milliseconds since 1970 of a civil date and time, or undefined where the calendar or the clock has no such time, or it
 * lies before 1970.
 *
 * @param month 1-12
 * @param offsetMinutes east of UTC; NaN in any argument gives undefined
 */
export function civilTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
  offsetMinutes: number,
): number | undefined {
  const longest = month === 2 && isLeap(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
  if (!(day >= 1 && day <= longest && hour <= 23 && minute <= 59 && second <= 59)) return undefined
  if (year < 100) return undefined // `Date.UTC` would take it for one of the 20th century
  const time = Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - offsetMinutes * 60_000
  return time >= 0 ? time : undefined
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** The number that `count` decimal digits from `at` on make, or NaN where one of them is none. */
export function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Minutes east of UTC of an offset written `±hhmm` (`separator` 0) or `±hh:mm` (1) at `at`; NaN where it is none. */
export function offsetMinutes(text: string, at: number, separator: 0 | 1): number {
  const sign = text.charCodeAt(at)
  if ((sign !== 43 && sign !== 45) || (separator === 1 && text.charCodeAt(at + 3) !== 58)) return Number.NaN
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 3 + separator, 2)
  if (!(hours <= MAX_OFFSET_HOURS && minutes <= 59)) return Number.NaN
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes)
}

/**
 * Reads a date and time in ISO 8601's extended form, as RFC 3339 narrows it and databases loosen it:
 * `2024-02-29T23:59[:59[.123456789]]` followed by `Z`, `±hh`, `±hhmm`, `±hh:mm`, or nothing, which means UTC. `T` may be
 * a space. What is finer than a millisecond is cut off.
 *
 * @returns milliseconds since 1970; undefined where the text is no such time, or the time lies before 1970
 */
export function parseIsoTime(text: string): number | undefined {
  const separator = text.charCodeAt(10)
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(13) !== 58) return undefined
  if (separator !== 84 && separator !== 32 && separator !== 116) return undefined

  let at = 16
  let second = 0
  let millisecond = 0
  if (text.charCodeAt(at) === 58) {
    second = digits(text, at + 1, 2)
    at += 3
    const point = text.charCodeAt(at)
    if (point === 46 || point === 44) {
      const start = at + 1
      let scale = 100
      for (at = start; at < start + 9; at++, scale /= 10) {
        const digit = text.charCodeAt(at) - 48
        if (!(digit >= 0 && digit <= 9)) break
        if (scale >= 1) millisecond += digit * scale
      }
      if (at === start) return undefined
    }
  }
  return civilTime(
    digits(text, 0, 4),
    digits(text, 5, 2),
    digits(text, 8, 2),
    digits(text, 11, 2),
    digits(text, 14, 2),
    second,
    millisecond,
    zone(text, at),
  )
}

/** Minutes east of UTC that the end of an ISO 8601 time says, NaN where it is none. */
function zone(text: string, at: number): number {
  switch (text.length - at) {
    case 0:
      return 0
    case 1:
      return text[at] === 'Z' || text[at] === 'z' ? 0 : Number.NaN
    case 3:
      return offsetMinutes(`${text.slice(at)}00`, 0, 0)
    case 5:
      return offsetMinutes(text, at, 0)
    case 6:
      return offsetMinutes(text, at, 1)
    default:
      return Number.NaN
  }
}
