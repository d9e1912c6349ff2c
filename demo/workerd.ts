import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The package has no types: its default export is where the program for this platform lies. */
export const workerd: string = (createRequire(import.meta.url)('workerd') as { readonly default: string }).default

/** The runtime of Cloudflare Workers, in a process of its own, running one Worker. */
export interface RunningWorker {
  readonly port: number
  stop(): void
}

export interface WorkerOptions {
  /** The Worker's module, from this folder. */
  readonly entry: string
  readonly jwtSecret: string
  readonly baselines: Uint8Array
  /** Where every fetch of the Worker goes: it can reach nothing else. */
  readonly collectorPort: number
}

/** Bundles a Worker and starts it in workerd on a free port of this machine. It ends with this process at the latest. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-demo-'))
  let worker: ChildProcess | undefined
  const stop = (): void => {
    worker?.kill()
    rmSync(folder, { recursive: true, force: true })
    process.off('exit', stop)
  }
  process.on('exit', stop)
  try {
    await bundle(options.entry, join(folder, 'worker.js'))
    writeFileSync(join(folder, 'baselines'), options.baselines)
    writeFileSync(join(folder, 'config.capnp'), configOf(options))
    worker = spawn(workerd, ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    return { port: await listening(worker), stop }
  } catch (error) {
    stop()
    throw error
  }
}

/** @param entry from this folder, or as a URL */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*'],
    alias: { async_hooks: 'node:async_hooks', events: 'node:events' },
    logLevel: 'silent',
  })
}

/** workerd's own configuration; what wrangler.toml says is for wrangler. */
function configOf({ jwtSecret, collectorPort }: WorkerOptions): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "app", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-10-01",
      compatibilityFlags = ["nodejs_compat"],
      bindings = [
        (name = "JWT_SECRET", text = ${JSON.stringify(jwtSecret)}),
        (name = "BASELINES", data = embed "baselines"),
      ],
      globalOutbound = "collector",
    )),
    (name = "collector", external = (address = "127.0.0.1:${collectorPort}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "app")],
);
`
}

/** The port, as soon as workerd says it; what it complains of, if it ends without. */
export function listening(worker: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    let complaints = ''
    const [, stdout, stderr, control] = worker.stdio
    control?.on('data', (bytes: Uint8Array) => {
      said += new TextDecoder().decode(bytes)
      const port = /"port":(\d+)/.exec(said)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    for (const output of [stdout, stderr] as (Readable | null)[]) {
      output?.on('data', (bytes: Uint8Array) => {
        complaints = (complaints + new TextDecoder().decode(bytes)).slice(-2_000)
      })
    }
    worker.once('error', reject)
    worker.once('exit', (code, signal) => {
      reject(new Error(`workerd ended (${signal ?? code}): ${complaints.trim()}`))
    })
  })
}
