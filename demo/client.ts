import { Agent, request } from 'node:http'
import { DECISION_HEADER, type DemoDecision, decodeDecision, FLUSH_HEADER } from './headers.ts'

/** One request of a replay, with what the demo knows of it and does not tell. */
export interface DemoRequest {
  readonly method: string
  /** As it is sent: path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly user: string
  readonly timeMs: number
  /** What an intruder does; empty for the users themselves, and where nobody knows. */
  readonly kind: string
  /** Tells sessions apart. */
  readonly session: string
  /** Where it comes from in a log, else 0. */
  readonly line: number
}

export interface Answer {
  readonly status: number
  /** Undefined where something else than the app answered. */
  readonly decision: DemoDecision | undefined
}

const TIMEOUT_MS = 20_000

/** Sends requests as they are, without a word of its own: no user agent, no redirects, no normalised paths. */
export class Client {
  readonly #agent: Agent
  readonly #port: number

  constructor(port: number, connections: number) {
    this.#port = port
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** @throws Error where there is no answer */
  send({ method, target, headers }: Pick<DemoRequest, 'method' | 'target' | 'headers'>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { agent: this.#agent, host: '127.0.0.1', port: this.#port, method, path: target, headers, timeout: TIMEOUT_MS },
        (response) => {
          const told = response.headers[DECISION_HEADER]
          const decision = typeof told === 'string' ? decodeDecision(told) : undefined
          response.once('error', reject)
          response.once('end', () => resolve({ status: response.statusCode ?? 0, decision }))
          response.resume()
        },
      )
      sent.once('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} seconds`)))
      sent.once('error', reject)
      sent.end()
    })
  }

  /** Has the Worker send the spans that it still holds. */
  async flush(): Promise<void> {
    const { status } = await this.send({ method: 'GET', target: '/', headers: { [FLUSH_HEADER]: '1' } })
    if (status !== 204) throw new Error(`the Worker could not export its spans: status ${status}`)
  }

  close(): void {
    this.#agent.destroy()
  }
}
