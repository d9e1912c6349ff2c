import { parseArgs } from 'node:util'

export const HELP = `Usage: npm run demo -- [options]

Starts a Hono app with Hedgerow mounted in workerd, the runtime of Cloudflare
Workers, and replays a day of simulated users with intruders among them as real
HTTP requests.

  --users N      simulate so many users, 20 to 2,000 (default 250)
  --log FILE     replay an access log instead, in Apache's combined format,
                 plain or gzipped
  --limit N      the first N lines of the log only
  --help         this text

Progress goes to stderr, and only on a terminal. Exit code: 0 when it ran to
its end, 1 when something failed, 2 for options that are none.
`

export type DemoOptions =
  | { readonly run: 'help' }
  | { readonly run: 'simulation'; readonly users: number }
  | { readonly run: 'log'; readonly file: string; readonly limit: number }

/** Options that make no sense, in a line for whoever gave them. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readArguments(args: readonly string[]): DemoOptions {
  const { help, users, log, limit } = parse(args)
  if (help === true) return { run: 'help' }
  if (log === undefined) {
    if (limit !== undefined) throw new UsageError('--limit is for --log FILE')
    return { run: 'simulation', users: integer('--users', users ?? '250', 20, 2_000) }
  }
  if (users !== undefined) throw new UsageError('--users is not for --log FILE')
  if (log === '') throw new UsageError('--log: got nothing, wanted a file')
  return {
    run: 'log',
    file: log,
    limit: limit === undefined ? Number.POSITIVE_INFINITY : integer('--limit', limit, 1, 1e12),
  }
}

interface Given {
  readonly help?: boolean | undefined
  readonly users?: string | undefined
  readonly log?: string | undefined
  readonly limit?: string | undefined
}

function parse(args: readonly string[]): Given {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        users: { type: 'string' },
        log: { type: 'string' },
        limit: { type: 'string' },
      },
    }).values
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause), { cause })
  }
}

function integer(option: string, given: string, low: number, high: number): number {
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (value >= low && value <= high) return value
  throw new UsageError(`${option}: got ${JSON.stringify(given)}, wanted an integer from ${low} to ${high}`)
}
