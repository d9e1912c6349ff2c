import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))

/** A folder of what the tests need that takes time to make: made once, and there whole or not at all. */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  const partial = `${folder}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  await make(partial)
  renameSync(partial, folder)
  return folder
}

/** Runs a program to its end. What it said goes into the error where it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 1 << 26, ...options })
  return stdout
}

/** Whether a program is there. */
export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/**
 * A program of a Debian package, which is installed where it is missing and may be.
 *
 * @returns its path
 * @throws Error that names what is missing
 */
export async function fromDebian(program: string, ...packages: string[]): Promise<string> {
  const path = ['/usr/sbin', '/usr/bin'].map((folder) => join(folder, program)).find((each) => has(each))
  if (path !== undefined) return path
  const wanted = `missing: ${program}, of the Debian packages ${packages.join(', ')}`
  if (process.getuid?.() !== 0 || !has('apt-get')) throw new Error(wanted)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '-y', '--no-install-recommends', ...packages]
  try {
    await run('apt-get', install, { env }).catch(async () => {
      await run('apt-get', ['update'], { env })
      await run('apt-get', install, { env })
    })
  } catch (cause) {
    throw new Error(wanted, { cause })
  }
  return fromDebian(program)
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

/** Waits until somebody listens. */
export async function listening(port: number, withinMs = 30_000): Promise<void> {
  for (const start = Date.now(); ; ) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.end())
    })
    if (open) return
    if (Date.now() - start > withinMs) throw new Error(`nobody listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
