import { connect } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { createHedgerow, type HedgerowEnv } from '../../middleware/create.ts'
import type { Decision, HedgerowOptions } from '../../middleware/index.ts'
import { defaultModel } from '../../model/default.ts'
import type { Model } from '../../src/model.ts'

/** Every scored request is an anomaly; with BLOCK_ALL, one that would be blocked. */
export const FLAG_ALL = { flagAt: 0 } as const
export const BLOCK_ALL = { flagAt: 0, blockAt: 0 } as const

/** A Monday at ten. */
export const MONDAY_TEN_MS: number = Date.UTC(2026, 0, 5, 10)

/** The bundled model, and how often its forest was asked for reasons. */
export function watchedModel(): { readonly model: Model; readonly explained: () => number } {
  const { forest, ...model } = defaultModel()
  let explained = 0
  const watched = {
    score: (row: Float32Array) => forest.score(row),
    explain: (row: Float32Array, normal: Float32Array, out: Float64Array) => {
      explained++
      return forest.explain(row, normal, out)
    },
  }
  return { model: { ...model, forest: watched as never }, explained: () => explained }
}

export interface TestApp {
  readonly app: Hono<HedgerowEnv>
  /** What the handler found in `c.var.anomaly`, request by request. */
  readonly seen: Decision[]
  /** The time by the app's clock. */
  nowMs: number
  /** Asks as a user; the header stands for whatever authenticates. */
  ask(user: string, path?: string, init?: RequestInit): Promise<Response>
}

/** An app with the middleware, a clock of the test's, and users who name themselves in a header. */
export function testApp(options: HedgerowOptions = {}): TestApp {
  const app = new Hono<HedgerowEnv>()
  const test: TestApp = {
    app,
    seen: [],
    nowMs: MONDAY_TEN_MS,
    ask: async (user, path = '/', init = {}) => {
      const headers = new Headers(init.headers)
      headers.set('x-user', user)
      return await app.request(path, { ...init, headers })
    },
  }
  const identify = (c: Context): string | undefined => c.req.header('x-user')
  app.use(createHedgerow({ identify, ...options }, () => test.nowMs))
  app.all('*', (c) => {
    test.seen.push(c.var.anomaly)
    return c.text('hello')
  })
  return test
}

/** The last element. */
export function last<T>(values: readonly T[]): T {
  const value = values.at(-1)
  if (value === undefined) throw new Error('wanted at least one')
  return value
}

/** Serves an app on loopback until the returned function is called. */
export async function listen(
  app: { readonly fetch: Hono['fetch'] },
  hostname = '127.0.0.1',
): Promise<{ readonly port: number; close(): Promise<void> }> {
  let server: ServerType | undefined
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname }, (info) => resolve(info.port))
  })
  return {
    port,
    close: () =>
      new Promise((resolve, reject) => {
        server?.close((error) => (error === undefined ? resolve() : reject(error)))
      }),
  }
}

/** Sends bytes and gives back the bytes of the answer, as latin1 so that each byte is one character. */
export function exchange(port: number, request: string, hostname = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, hostname, () => socket.write(Buffer.from(request, 'latin1')))
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}

/** A GET whose connection the server closes. */
export function get(path: string, headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n')
}
