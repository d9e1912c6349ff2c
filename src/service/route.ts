import type { Context } from 'hono'
import * as v from 'valibot'
import type { AuthVariables } from './auth.ts'
import type { Scope } from './keys.ts'
import { Refusal, shown } from './problem.ts'
import type { LogVariables } from './request-log.ts'

export type ServiceEnv = { Variables: AuthVariables & LogVariables }
export type ServiceContext = Context<ServiceEnv>

type Entries = Readonly<Record<string, v.GenericSchema<unknown, unknown>>>

/** What a response or a request body may come in, by media type. */
export type Content = Readonly<Record<string, { readonly schema: v.GenericSchema; readonly example?: unknown }>>

/** A route: what serves it, and all that its documentation is made from. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it: `/users/{id}`. */
  readonly path: string
  readonly id: string
  readonly summary: string
  readonly description?: string
  /** What a key must open; undefined: anybody may ask. */
  readonly scope: Scope | undefined
  /** Path parameters. */
  readonly params: Entries
  readonly query: Entries
  readonly body?: { readonly description: string; readonly content: Content }
  readonly responses: Readonly<Record<number, { readonly description: string; readonly content?: Content }>>
  readonly serve: (c: ServiceContext) => Response | Promise<Response>
}

/** A route whose handler gets the query as its schemas have read it. */
export function route<Query extends Entries>(
  given: Omit<Route, 'serve' | 'query' | 'params'> & {
    readonly params?: Entries
    readonly query: Query
    readonly serve: (
      c: ServiceContext,
      query: { readonly [K in keyof Query]: v.InferOutput<Query[K]> },
    ) => Response | Promise<Response>
  },
): Route {
  const schema = v.strictObject(given.query)
  return {
    params: {},
    ...given,
    serve: (c) => given.serve(c, parseQuery(c, schema, Object.keys(given.query)) as Parameters<typeof given.serve>[1]),
  }
}

/** @throws Refusal 400 where the query has a name or a value that the route does not take */
function parseQuery(c: Context, schema: v.GenericSchema, known: readonly string[]): unknown {
  const given = c.req.queries()
  const single = Object.entries(given).map(
    ([name, values]) => [name, values.length === 1 ? values[0] : values] as const,
  )
  const parsed = v.safeParse(schema, Object.fromEntries(single))
  if (parsed.success) return parsed.output
  throw new Refusal(
    400,
    parsed.issues.map((issue) => {
      const name = String(issue.path?.[0]?.key)
      // A name that is not known may be anything, somebody's id too.
      if (!known.includes(name)) return { field: 'query', got: 'another name', wanted: known.join(', ') || 'none' }
      const values = given[name] ?? []
      return {
        field: name,
        got: values.length > 1 ? `${values.length} values` : shown(values[0]),
        wanted: issue.message,
      }
    }),
  )
}

/** `true` or `false` in a query. */
export function flag(fallback: boolean, description: string) {
  return v.pipe(
    v.optional(v.picklist(['true', 'false'], 'true or false'), fallback ? 'true' : 'false'),
    v.transform((text) => text === 'true'),
    v.description(description),
  )
}
