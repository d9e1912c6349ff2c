import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Refusal } from '../problem.ts'

/** What is refused before it is a request that the app could refuse. */

export const MAX_HEADER_BYTES = 16_384
export const HEADERS_TIMEOUT_MS = 10_000

/** A request line or headers that make no request. */
export function unreadable(): Response {
  return new Refusal(400, {
    field: 'request',
    got: 'a host or a path that is none',
    wanted: 'an HTTP request',
  }).toResponse()
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: new Refusal(431, {
    field: 'headers',
    got: 'more',
    wanted: `at most ${MAX_HEADER_BYTES} bytes`,
  }),
  ERR_HTTP_REQUEST_TIMEOUT: new Refusal(408, {
    field: 'headers',
    got: 'not all of them for too long',
    wanted: `all of them within ${HEADERS_TIMEOUT_MS / 1000} s`,
  }),
}
const NOT_HTTP = new Refusal(400, { field: 'request', got: 'something else', wanted: 'an HTTP request' })

/** Answers what is no request, in words, on the bare socket. */
export function refuse(
  error: Error & { readonly code?: string },
  socket: Socket & { _httpMessage?: IncomingMessage },
): void {
  // In the middle of a response there is nothing more to say.
  if (!socket.writable || error.code === 'ECONNRESET' || socket._httpMessage != null) {
    socket.destroy()
    return
  }
  const refusal = REFUSALS[error.code ?? ''] ?? NOT_HTTP
  const body = JSON.stringify(refusal.toProblem())
  socket.write(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  // Not merely ended: who takes no answer does not close either, and would hold the connection for a minute.
  socket.destroySoon()
}
