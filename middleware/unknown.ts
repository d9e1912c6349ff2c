/** What stands at a path of fields of a value that nobody promised anything about; undefined where there is nothing. */
export function field(value: unknown, name: string, ...rest: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = Reflect.get(value, name)
  const [next, ...further] = rest
  return next === undefined ? found : field(found, next, ...further)
}

/** Whether there is something to wait for. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
