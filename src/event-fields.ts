/** The fields of the wire: what each may hold, and in which words one that does not is refused. */

/** Longest user id taken, in UTF-16 units: whoever chooses the keys must not choose how much memory one takes. */
export const MAX_USER_ID_LENGTH = 256

/** Half of a surrogate pair. All of them are one and the same in UTF-8, so that two ids would become one in a store. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Whether a text can be a user's id: neither empty nor too long, and Unicode throughout. */
export function isUserId(text: string): boolean {
  return text.length >= 1 && text.length <= MAX_USER_ID_LENGTH && !LONE_SURROGATE.test(text)
}

/** Why a record is not an event: the field, what it got and what it wanted. Never quotes a user id. */
export interface EventProblem {
  readonly field: string
  readonly got: string
  readonly wanted: string
}

export function refuse(problems: EventProblem[], field: string, given: unknown, wanted: string): undefined {
  problems.push({ field, got: describe(given), wanted })
}

/** A number of the wire: from `low` to `high`. */
export interface NumberField {
  readonly field: string
  readonly low: number
  readonly high: number
  readonly whole: boolean
  readonly wanted: string
}

export const DURATION: NumberField = {
  field: 'session_duration_sec',
  low: 0,
  high: Number.MAX_VALUE,
  whole: false,
  wanted: 'a finite number >= 0',
}
export const COUNT: NumberField = {
  field: 'events_in_session',
  low: 1,
  high: Number.MAX_SAFE_INTEGER,
  whole: true,
  wanted: 'an integer >= 1',
}
export const HOUR: NumberField = {
  field: 'hour_of_day',
  low: 0,
  high: 23,
  whole: true,
  wanted: 'an integer from 0 to 23',
}
export const DAY: NumberField = {
  field: 'day_of_week',
  low: 0,
  high: 6,
  whole: true,
  wanted: 'an integer from 0 to 6, 0 = Monday',
}

/** Numbers as CSV has them: no spaces, no `0x10`, no `Infinity`, which `Number()` takes. Leading zeros are well: `08`. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const MAX_NUMBER_LENGTH = 400

export function readNumber(
  field: NumberField,
  given: unknown,
  timed: boolean,
  problems: EventProblem[],
): number | undefined {
  if (isMissing(given)) {
    if (timed) return undefined
    return refuse(problems, field.field, given, `${field.wanted}, or a timestamp to derive it from`)
  }
  let value = given
  if (typeof given === 'string' && given.length <= MAX_NUMBER_LENGTH && DECIMAL.test(given)) value = Number(given)
  if (typeof value === 'number' && value >= field.low && value <= field.high) {
    if (!field.whole || Number.isInteger(value)) return value + 0 // no -0
  }
  return refuse(problems, field.field, given, field.wanted)
}

export function readUserId(given: unknown, problems: EventProblem[]): string | undefined {
  if (typeof given === 'string' && isUserId(given)) return given
  if (typeof given === 'number' && Number.isSafeInteger(given)) return String(given)
  // Never the value itself: it names somebody.
  let got = describe(given)
  if (typeof given === 'string' && given !== '') {
    got = `text of ${given.length} characters${given.length > MAX_USER_ID_LENGTH ? '' : ', not all of them Unicode'}`
  }
  if (typeof given === 'number') got = 'a number that is no safe integer'
  problems.push({ field: 'user_id', got, wanted: `text of 1 to ${MAX_USER_ID_LENGTH} characters, or an integer` })
  return undefined
}

export function readChoice<T extends string>(
  field: string,
  given: unknown,
  choices: readonly T[],
  problems: EventProblem[],
): T | undefined {
  for (const choice of choices) if (choice === given) return choice
  return refuse(problems, field, given, `one of ${choices.join(', ')}`)
}

export function isMissing(given: unknown): boolean {
  return given === undefined || given === null || given === ''
}

/** What a value is, short enough for a message whatever was sent. */
export function describe(value: unknown): string {
  if (isMissing(value)) return 'nothing'
  if (typeof value === 'string') {
    return value.length <= 40 ? JSON.stringify(value) : `text of ${value.length} characters`
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return `a ${typeof value}`
}
