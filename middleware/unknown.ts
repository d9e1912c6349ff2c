/** What stands at a path of fields of a value that nobody promised anything about; undefined where there is nothing. */
export function field(value: unknown, name: string, ...rest: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = Reflect.get(value, name)
  const [next, ...further] = rest
  return next === undefined ? found : field(found, next, ...further)
}
