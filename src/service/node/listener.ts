import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { Connections } from './connections.ts'
import { HEADERS_TIMEOUT_MS, MAX_HEADER_BYTES, refuse, unreadable } from './raw-refusals.ts'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly maxConnections: number
  /** A client that neither sends nor takes anything for so long is gone. */
  readonly silenceMs: number
  readonly drainDelayMs: number
  readonly drainMs: number
}

const KEEP_ALIVE_MS = 5_000

/** How often, in the end, connections are looked at whose last response is done. */
const CLOSING_MS = 100

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
    server.timeout = options.silenceMs
    const connections = new Connections(options.maxConnections)
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      connections.begin(socket, response)
      if (this.#draining) response.setHeader('Connection', 'close')
    })
    server.on('request', getRequestListener(fetch, { errorHandler: unreadable, hostname: 'localhost' }))
    server.on('clientError', refuse)
    server.on('connection', (socket) => {
      this.#accepted++
      connections.add(socket)
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
    // Whose response had begun before, and who was not told to close his connection with it, would keep it for seconds.
    const closing = setInterval(() => this.#server.closeIdleConnections(), CLOSING_MS)
    const all = await Promise.race([closed, late])
    clearInterval(closing)
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
