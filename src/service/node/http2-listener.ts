import { once } from 'node:events'
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { Connections } from './connections.ts'
import type { ListenerOptions } from './listener.ts'
import { unreadable } from './raw-refusals.ts'

const MOST_STREAMS = 100

/**
 * HTTP/2 without TLS, for a proxy. nginx's proxy_pass stops sending a request once its response has begun and the service
 * is slower than the client: a batch that is answered while it arrives would stall. Its grpc_pass carries both ways at a
 * time, whatever the content, and speaks HTTP/2.
 */
export class Http2Listener {
  readonly #server: Http2Server
  readonly #options: ListenerOptions
  readonly #sessions = new Set<ServerHttp2Session>()

  constructor(fetch: (request: Request, env: object) => Response | Promise<Response>, options: ListenerOptions) {
    this.#options = options
    const server = createServer({ settings: { maxConcurrentStreams: MOST_STREAMS } })
    server.setTimeout(options.silenceMs)
    const connections = new Connections(options.maxConnections)
    server.on('request', ({ stream: { session } }: Http2ServerRequest, response: Http2ServerResponse) => {
      if (session !== undefined) connections.begin(session, response)
    })
    server.on('request', getRequestListener(fetch, { errorHandler: unreadable, hostname: 'localhost' }))
    server.on('session', (session) => {
      this.#sessions.add(session)
      connections.add(session)
      session.once('close', () => this.#sessions.delete(session))
    })
    // The other listener keeps the process alive, or has failed to listen.
    server.unref()
    this.#server = server
  }

  /** @returns the port. @throws where it cannot listen there */
  async listen(): Promise<number> {
    this.#server.listen({ port: this.#options.port, host: this.#options.host })
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends as the other listener does. @returns whether all that was accepted was answered */
  async drain(): Promise<boolean> {
    await sleep(this.#options.drainDelayMs)
    const closed = new Promise<boolean>((resolve) => this.#server.close(() => resolve(true)))
    // Says that no further request is taken, and ends with the last that is under way.
    for (const session of this.#sessions) session.close()
    const all = await Promise.race([closed, sleep(this.#options.drainMs, false, { ref: false })])
    for (const session of this.#sessions) session.destroy()
    return all
  }
}
