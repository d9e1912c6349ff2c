import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Server, serve } from '../service/process.ts'

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

export const KEY = 'all-0123456789abcdefghij'
export const PREDICT_KEY = 'predict-0123456789abcdef'
export const HASH_KEY = 'a key of these tests'
export const AUTHORISED = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }

/** The service as it is published: one file. */
export function servePublished(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
  const keys = `all:${KEY} predict:${PREDICT_KEY}`
  const own = { HEDGEROW_KEYS: keys, HEDGEROW_HASH_KEY: HASH_KEY, HEDGEROW_HTTP2_PORT: '0' }
  return serve({ ...own, ...settings }, ['dist/cli/hedgerow.js'])
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'hedgerow-deploy-'))
}

export function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A server that runs until it is stopped. */
export function background(command: string, ...args: readonly string[]): ChildProcess {
  return spawn(command, args, { cwd: root, stdio: 'ignore' })
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}
