/** What a promise comes to that was not kept in time. */
export const LATE: unique symbol = Symbol('late')

/** The promise, or LATE after that many milliseconds. What the promise does then is nobody's concern any more. */
export function withinBudget<T>(promise: PromiseLike<T>, budgetMs: number): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(LATE), budgetMs)
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (reason: unknown) => {
        clearTimeout(timer)
        reject(reason)
      },
    )
  })
}
