import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { Refusal } from '../problem.ts'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly maxConnections: number
  readonly drainDelayMs: number
  readonly drainMs: number
}

const MAX_HEADER_BYTES = 16_384
const HEADERS_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5_000
/** A client that neither sends nor takes anything for so long is gone. */
const SILENCE_MS = 60_000

/** Where new connections come faster than they are accepted, there is no end to wait for. */
const MOST_TURNS = 10_000

/** Connections: accepted within limits, and let go without losing a request. */
export class Listener {
  readonly #server: Server
  readonly #options: ListenerOptions
  #draining = false
  #accepted = 0

  constructor(fetch: (request: Request, env: object) => Response | Promise<Response>, options: ListenerOptions) {
    this.#options = options
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      // How long a body may take is for the route to say: a batch may go on for hours.
      requestTimeout: 0,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
    })
    server.maxConnections = options.maxConnections
    server.timeout = SILENCE_MS
    server.on('request', (_, response: ServerResponse) => {
      if (this.#draining) response.setHeader('Connection', 'close')
    })
    server.on('request', getRequestListener(fetch, { errorHandler: unreadable, hostname: 'localhost' }))
    server.on('clientError', refuse)
    server.on('connection', () => {
      this.#accepted++
    })
    this.#server = server
  }

  get draining(): boolean {
    return this.#draining
  }

  /** @returns the port. @throws where it cannot listen there */
  async listen(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen({ port: this.#options.port, host: this.#options.host, backlog: 1024 }, resolve)
    await promise
    this.#server.off('error', reject)
    return (this.#server.address() as AddressInfo).port
  }

  /**
   * Ends: goes on listening for a while, telling each client to close its connection, then accepts nothing more and waits
   * for what it has accepted. @returns whether all of it was answered
   */
  async drain(): Promise<boolean> {
    this.#draining = true
    await sleep(this.#options.drainDelayMs)
    await this.#nobodyWaits()
    const closed = new Promise<boolean>((resolve) => this.#server.close(() => resolve(true)))
    const late = sleep(this.#options.drainMs, false, { ref: false })
    const all = await Promise.race([closed, late])
    this.#server.closeAllConnections()
    return all
  }

  /**
   * Until a turn of the event loop found no connection to accept. It accepts one a turn, and those still waiting when the
   * server closes would be reset by the system, their requests sent and never read.
   */
  async #nobodyWaits(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const before = this.#accepted
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#accepted === before) return
    }
  }
}

/** A request line or headers that make no request. */
function unreadable(): Response {
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
function refuse(error: Error & { readonly code?: string }, socket: Socket & { _httpMessage?: IncomingMessage }): void {
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
