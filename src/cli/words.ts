/** Numbers and counts as people read them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export function number(value: number): string {
  return whole.format(value)
}

/** `1 line`, `2,000 lines`. */
export function count(value: number, one: string, many: string = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`
}

/** A share as a percentage, `1.98%`. */
export function percent(share: number, digits = 2): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)}%` : '–'
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
