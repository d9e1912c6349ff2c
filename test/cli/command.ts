import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../src/cli/hedgerow.ts', import.meta.url))

/** A process takes its time to start on a machine that is busy. */
export const PATIENCE_MS = 60_000

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the real command as a process of its own. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, [COMMAND, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => undefined) // one that ends early reads no further
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, ended }
}

/** Runs it to its end. */
export async function run(
  args: readonly string[],
  input: string | Uint8Array = '',
  env?: NodeJS.ProcessEnv,
): Promise<Ended> {
  const { child, ended } = start(args, env)
  child.stdin.end(input)
  return await ended
}

/** A folder of the test's own, and how to get rid of it. */
export function scratch(): {
  readonly folder: string
  readonly path: (name: string) => string
  readonly remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-test-'))
  return { folder, path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The records of an output, each with its verdict. */
export function recordsOf(stdout: string): Scored[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Scored)
}

export type Scored = Record<string, unknown> & { readonly anomaly: Record<string, unknown> }
