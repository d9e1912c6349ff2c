import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle, listening, workerd } from '../../demo/workerd.ts'
import type { DataPoint } from '../../plugins/sinks.ts'

/**
 * The Workers of test/workerd/analytics in workerd, with the runtime's own Analytics Engine binding, which checks points
 * as it does where Workers are deployed, and drops those that are too large. What it lets through is gathered here: its
 * usual stand-in on a developer's machine takes everything and keeps nothing.
 */
export interface RunningDataset {
  /** The points that have come, in order. */
  readonly points: readonly DataPoint[]
  /** What the runtime complained of. */
  readonly complaints: () => string
  /** Has a way in given lines: `receiver`, `queue`, `tail`, `stream`. */
  post(way: string, lines: readonly string[]): Promise<string>
  stop(): Promise<void>
}

const CONFIG = (port: number): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "front", worker = (
      modules = [(name = "front", esModule = embed "front.js")],
      compatibilityDate = "2026-10-01",
      compatibilityFlags = ["experimental", "service_binding_extra_handlers"],
      bindings = [(name = "LOGS", service = "logs"), (name = "TAILED", service = "tailed"), (name = "STREAMED", service = "streamed")],
    )),
    (name = "logs", worker = (
      modules = [(name = "logs", esModule = embed "logs.js")],
      compatibilityDate = "2026-10-01",
      compatibilityFlags = ["experimental", "streaming_tail_worker"],
      bindings = [(name = "VERDICTS", analyticsEngine = "dataset")],
    )),
    (name = "tailed", worker = (
      modules = [(name = "shop", esModule = embed "shop.js")],
      compatibilityDate = "2026-10-01",
      tails = ["logs"],
    )),
    (name = "streamed", worker = (
      modules = [(name = "shop", esModule = embed "shop.js")],
      compatibilityDate = "2026-10-01",
      streamingTails = ["logs"],
    )),
    (name = "dataset", external = (address = "127.0.0.1:${port}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "front")],
);
`

export async function runDataset(): Promise<RunningDataset> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-dataset-'))
  const points: DataPoint[] = []
  const dataset = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      points.push(pointOf(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>))
      response.end()
    })
  })
  await new Promise<void>((resolve) => dataset.listen(0, '127.0.0.1', resolve))
  const address = dataset.address()
  for (const name of ['front', 'logs', 'shop']) {
    const entry = new URL(`../workerd/analytics/${name}.ts`, import.meta.url)
    await bundle(entry.href, join(folder, `${name}.js`))
  }
  writeFileSync(
    join(folder, 'config.capnp'),
    CONFIG(typeof address === 'object' && address !== null ? address.port : 0),
  )
  const worker: ChildProcess = spawn(
    workerd,
    ['serve', '--experimental', '--verbose', join(folder, 'config.capnp'), '--control-fd=3'],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  worker.stderr?.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const port = await listening(worker)
  return {
    points,
    complaints: () => said,
    async post(way, lines) {
      const response = await fetch(`http://127.0.0.1:${port}/${way}`, { method: 'POST', body: lines.join('\n') })
      return await response.text()
    },
    async stop() {
      worker.kill()
      await once(worker, 'exit')
      dataset.closeAllConnections()
      dataset.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The runtime writes all twenty of each: bytes as lists of numbers, and zeros where nothing was given. */
function pointOf(event: Readonly<Record<string, unknown>>): DataPoint {
  const text = (name: string): string => Buffer.from((event[name] ?? []) as number[]).toString()
  return {
    indexes: [text('index1')],
    blobs: [1, 2, 3, 4, 5].map((i) => text(`blob${i}`)),
    doubles: [1, 2, 3, 4, 5].map((i) => Number(event[`double${i}`])),
  }
}
