import type { Category } from './layout.ts'

/** Weights of an hour and of its neighbours at one and two hours' distance. They sum to 1 over the five. */
const KERNEL: readonly number[] = [0.3, 0.22, 0.13]

/** What of a choice's own count stays its own. */
export const OWN_SHARE = KERNEL[0] as number

/** The user's count of a choice; where the category is circular, counts spread to their neighbours. */
export function smoothedCount(
  baseline: Float32Array,
  at: number,
  { size, circular }: Category,
  choice: number,
): number {
  const own = baseline[at + 1 + choice] as number
  if (!circular) return own
  let count = own * (KERNEL[0] as number)
  for (let distance = 1; distance < KERNEL.length; distance++) {
    // No remainder: it would take as long as all else here.
    const after = choice + distance < size ? choice + distance : choice + distance - size
    const before = choice >= distance ? choice - distance : choice - distance + size
    count +=
      (KERNEL[distance] as number) * ((baseline[at + 1 + after] as number) + (baseline[at + 1 + before] as number))
  }
  return count
}
