const MOST_DELAY_MS = 64

/**
 * Waits before an optimistic change is tried again, longer each time and by chance: writers of one baseline who all came
 * too late must not all come again together.
 *
 * @param attempt 0 for the first, which waits for nothing
 */
export async function backOff(attempt: number): Promise<void> {
  if (attempt === 0) return
  const delayMs = Math.random() * Math.min(MOST_DELAY_MS, 2 ** attempt)
  await new Promise((resolve) => setTimeout(resolve, delayMs))
}
