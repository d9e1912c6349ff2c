import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root: string = fileURLToPath(new URL('..', import.meta.url))

/** Runs a command to its end, its output shown as it comes; a failure ends the script. */
export function run(command: string, args: readonly string[], folder: string = root): void {
  const { status, error } = spawnSync(command, args, { cwd: folder, env: environment(), stdio: 'inherit' })
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`)
}

/** The same, giving what the command printed; its errors are shown. */
export function capture(command: string, args: readonly string[], folder: string = root): string {
  const options: SpawnSyncOptionsWithStringEncoding = {
    cwd: folder,
    env: environment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }
  const { status, stdout, error } = spawnSync(command, args, options)
  if (status !== 0) fail(`${stdout ?? ''}${command} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`)
  return stdout
}

export function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

/** npm tells what it runs which project it runs for; an npm that works in another folder must not hear it. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
}
