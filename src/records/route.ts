/** Longest route kept: a path is the client's to choose. */
const MAX_ROUTE_LENGTH = 512

/** The path without its query, and, where a proxy's client sent a whole address, without scheme and host. */
export function routeOf(path: string): string {
  let start = 0
  if (path.charCodeAt(0) !== 47 /* / */) {
    const scheme = path.slice(0, 16).indexOf('://')
    if (scheme > 0) start = path.indexOf('/', scheme + 3)
    if (start < 0) return '/'
  }
  let end = path.indexOf('?', start)
  if (end < 0) end = path.length
  return path.slice(start, Math.min(end, start + MAX_ROUTE_LENGTH))
}
