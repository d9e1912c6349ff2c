/** Checks of options, made once, at construction: the message names the option, what it got and what it wanted. */

/** @throws TypeError unless the value is a number from low to high */
export function expectNumber(option: string, value: unknown, low: number, high: number): number {
  if (typeof value === 'number' && value >= low && value <= high) return value
  throw new TypeError(`${option}: got ${describeOption(value)}, wanted a number from ${low} to ${high}`)
}

/** @throws TypeError unless the value is an integer from low to high */
export function expectInteger(option: string, value: unknown, low: number, high: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value
  throw new TypeError(`${option}: got ${describeOption(value)}, wanted an integer from ${low} to ${high}`)
}

/** @throws TypeError unless the value is one of the choices */
export function expectChoice<T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value)
  if (choice !== undefined) return choice
  throw new TypeError(`${option}: got ${describeOption(value)}, wanted one of ${choices.join(', ')}`)
}

/** @throws TypeError unless the value is undefined or a function */
export function expectFunction<T>(option: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value
  throw new TypeError(`${option}: got ${describeOption(value)}, wanted a function`)
}

/** @throws TypeError where the options have a name that is not known: a misspelt option must not pass for a default */
export function expectKnown(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`${owner}: got an option ${unknown}, wanted ${known.join(', ')}`)
}

/** @throws TypeError unless the value is an object with fields */
export function expectRecord(option: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new TypeError(`${option}: got ${describeOption(value)}, wanted an object`)
}

/** @throws TypeError unless the value is an object that has the method */
export function expectMethod(option: string, value: unknown, method: string): void {
  if (typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function') return
  throw new TypeError(`${option}: got ${describeOption(value)}, wanted an object with a method ${method}`)
}

/** @throws TypeError unless the value is true or false */
export function expectBoolean(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new TypeError(`${option}: got ${describeOption(value)}, wanted true or false`)
}

function describeOption(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
