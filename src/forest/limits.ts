/** What a forest can hold. They bound what hostile bytes can ask for, and let a node's link fit an int32. */
export const MAX_TREES = 4096
export const MAX_COLUMNS = 1024
export const MAX_DEPTH = 32
export const MAX_SAMPLE_SIZE: number = 2 ** 20
/** Over all trees. A link holds 22 bits of node and 10 bits of feature. */
export const MAX_NODES: number = 2 ** 21

/** Throws unless `value` is a whole number from `low` to `high`: `Got trees 0 when expected a whole number from 1 to 4096.` */
export function expectWhole(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new RangeError(`Got ${name} ${value} when expected a whole number from ${low} to ${high}.`)
}

/** Throws unless `value` is one of the words: `Got scoring width when expected depth or density.` */
export function expectOneOf(name: string, value: string, words: readonly string[]): void {
  if (!words.includes(value)) throw new RangeError(`Got ${name} ${value} when expected ${words.join(' or ')}.`)
}
