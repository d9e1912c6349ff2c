import * as v from 'valibot'
import { type EventProblem, formatProblems } from '../event.ts'
import { shown } from './problem.ts'

/** A configuration as text by name: from the environment, from a Worker's variables and secrets, from flags. */
export type Given = Readonly<Record<string, unknown>>

/** A configuration that will not do: all that is wrong with it, a line each. Holds no secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly problems: readonly EventProblem[]

  constructor(problems: readonly EventProblem[], options?: ErrorOptions) {
    super(problems.map((problem) => formatProblems([problem])).join('\n'), options)
    this.problems = problems
  }
}

/** Text into a value; the message of an issue is what was wanted. */
export type TextSchema<T> = v.GenericSchema<string, T>

type Values<S extends Readonly<Record<string, TextSchema<unknown>>>> = {
  readonly [K in keyof S]: v.InferOutput<S[K]> | undefined
}

const PREFIX = 'HEDGEROW_'

/**
 * Reads what is given by schemas, each on its own, so that everything that is wrong is told at once.
 *
 * @param given only text counts (a Worker's environment holds other things too), and empty text is none
 * @param secret the names whose values are never shown
 * @param problems takes what is wrong, names that begin like ours and are not known included
 * @param elsewhere the settings that only another runtime has
 */
export function readValues<S extends Readonly<Record<string, TextSchema<unknown>>>>(
  schemas: S,
  given: Given,
  secret: readonly string[],
  problems: EventProblem[],
  elsewhere: { readonly runtime: string; readonly names: readonly string[] },
): Values<S> {
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith(PREFIX) || Object.hasOwn(schemas, name) || typeof value !== 'string') continue
    const got = elsewhere.names.includes(name)
      ? `a setting for ${elsewhere.runtime} only`
      : 'a setting that is not known'
    problems.push({ field: name, got, wanted: Object.keys(schemas).join(', ') })
  }
  const values: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(schemas)) {
    const text = given[name]
    if (typeof text !== 'string' || text === '') continue
    const parsed = v.safeParse(schema, text)
    if (parsed.success) values[name] = parsed.output
    else {
      const got = secret.includes(name) ? 'something else' : shown(text)
      problems.push({ field: name, got, wanted: parsed.issues[0].message })
    }
  }
  return values as Values<S>
}

export function numberOf(low: number, high: number): TextSchema<number> {
  const wanted = `a number from ${low} to ${high}`
  return v.pipe(v.string(), v.decimal(wanted), v.transform(Number), v.minValue(low, wanted), v.maxValue(high, wanted))
}

export function integerOf(low: number, high: number): TextSchema<number> {
  const wanted = `an integer from ${low} to ${high}`
  return v.pipe(v.string(), v.digits(wanted), v.transform(Number), v.minValue(low, wanted), v.maxValue(high, wanted))
}

export function choiceOf<const T extends string>(choices: readonly T[]): TextSchema<T> {
  return v.pipe(v.string(), v.picklist(choices, `one of ${choices.join(', ')}`))
}

export function booleanOf(): TextSchema<boolean> {
  return v.pipe(
    choiceOf(['true', 'false']),
    v.transform((text) => text === 'true'),
  )
}

/** What stands between commas or spaces. */
export function listOf(isItem: (text: string) => boolean, wanted: string): TextSchema<string[]> {
  return v.pipe(
    v.string(),
    v.transform((text) => text.split(/[\s,]+/).filter((part) => part !== '')),
    v.everyItem(isItem, wanted),
  )
}

/** What a function makes of the text; undefined, or in words what is wrong, where it will not do. */
export function readBy<T extends object>(
  read: (text: string) => T | string | undefined,
  wanted: string,
): TextSchema<T> {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value)
      if (typeof value === 'object') return value
      addIssue({ message: value === undefined ? wanted : `${wanted} (it is ${value})` })
      return NEVER
    }),
  )
}

/** Text of at least so many characters. */
export function textOf(least: number): TextSchema<string> {
  return v.pipe(v.string(), v.minLength(least, `text of at least ${least} characters`))
}
