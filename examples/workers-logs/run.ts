import { fileURLToPath } from 'node:url'
import { createTestHarness } from 'wrangler'

/** The three Workers of this folder in workerd on this machine, with a bucket, a dataset and queues of its own. */
export interface RunningWorkers {
  /** Posts log records, as Logpush does. */
  post(body: Uint8Array | string, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Visits the shop, whose requests are tailed. */
  visit(path: string, user?: string): Promise<string>
  /** Sends messages to the queue of activity. */
  enqueue(bodies: readonly unknown[]): Promise<void>
  /** Keys of what lies in the bucket. */
  keys(prefix?: string): Promise<readonly string[]>
  read(key: string): Promise<string>
  close(): Promise<void>
}

/** The parts of the bindings that are used here: Node and Workers have types of their own. */
interface Bucket {
  list(options: { prefix: string; limit: number }): Promise<{ objects: readonly { key: string }[] }>
  get(key: string): Promise<{ text(): Promise<string> } | null>
}
interface Queue {
  sendBatch(messages: readonly { body: unknown }[]): Promise<unknown>
}

const SECRET = 'a secret of this machine'

/** @param siemUrl where the queue's consumer sends records; nowhere if not given */
export async function runWorkers(siemUrl = 'http://127.0.0.1:9/'): Promise<RunningWorkers> {
  const config = (name: string): string => fileURLToPath(new URL(`workers/${name}.toml`, import.meta.url))
  const server = createTestHarness({
    workers: [
      { configPath: config('shop') },
      { configPath: config('logs'), vars: { SIEM_URL: siemUrl }, secrets: { LOG_SECRET: SECRET } },
      { configPath: config('stream') },
    ],
  })
  await server.listen()
  const logs = server.getWorker<{ LOGS: Bucket }>('logs')
  const shop = server.getWorker<{ ACTIVITY: Queue }>('shop')
  const { LOGS } = await logs.getEnv()
  const { ACTIVITY } = await shop.getEnv()
  return {
    async post(body, headers = {}) {
      const authorization = `Bearer ${SECRET}`
      const init = { method: 'POST', headers: { authorization, ...headers }, body }
      const response = await logs.fetch('http://logs.example/', init)
      return new Response(await response.arrayBuffer(), { status: response.status })
    },
    async visit(path, user) {
      const headers = {
        'cf-connecting-ip': '192.0.2.7',
        'user-agent': 'curl/8',
        ...(user === undefined ? {} : { 'x-user': user }),
      }
      return (await shop.fetch(`http://shop.example${path}`, { headers })).text()
    },
    async enqueue(bodies) {
      for (let at = 0; at < bodies.length; at += 100) {
        await ACTIVITY.sendBatch(bodies.slice(at, at + 100).map((body) => ({ body })))
      }
    },
    async keys(prefix = '') {
      const { objects } = await LOGS.list({ prefix, limit: 1000 })
      return objects.map(({ key }) => key)
    },
    async read(key) {
      return (await (await LOGS.get(key))?.text()) ?? ''
    },
    close: () => server.close(),
  }
}
