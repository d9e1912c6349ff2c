import type { Context } from 'hono'
import type { Decision } from '../src/decision.ts'
import type { Settings } from './options.ts'

/** The response to a blocked request: the application's, or ours where it has none or its own fails. */
export async function blockResponse(c: Context, decision: Decision, respond: Settings['respond']): Promise<Response> {
  try {
    const response = await respond?.(c, decision)
    if (response instanceof Response) return response
  } catch {
    // A block that cannot be worded is a block all the same.
  }
  return forbidden(decision)
}

/** 403 as RFC 9457 has it. The id is all there is to say: a score or a reason would teach what to do better. */
function forbidden({ id }: Decision): Response {
  return new Response(JSON.stringify({ type: 'about:blank', title: 'Forbidden', status: 403, id }), {
    status: 403,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
  })
}

/** Removes from the request what a client sent under the name of our mark. */
export function removeMark(c: Context, flagHeader: string): void {
  if (c.req.raw.headers.has(flagHeader)) changeHeaders(c, (headers) => headers.delete(flagHeader))
}

/** Marks the request, for handlers and whoever it is passed on to. */
export function setMark(c: Context, flagHeader: string, decision: Decision): void {
  changeHeaders(c, (headers) => headers.set(flagHeader, decision.id))
}

function changeHeaders(c: Context, change: (headers: Headers) => void): void {
  const { raw } = c.req
  try {
    change(raw.headers)
  } catch {
    // On Workers an incoming request cannot be changed, but copied. Where its body has been read already, Hono keeps
    // that; the copy then goes without.
    const headers = new Headers(raw.headers)
    change(headers)
    c.req.raw = raw.bodyUsed ? new Request(raw.url, { method: raw.method, headers }) : new Request(raw, { headers })
  }
}
