import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { freePort, listening } from '../integration/need.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What stands on docs/pipelines.md under `<!-- run: NAME -->`, so that what is tested is what people copy. */
export function configuration(name: string): string {
  const page = readFileSync(join(root, 'docs/pipelines.md'), 'utf8')
  const start = page.indexOf(`<!-- run: ${name} -->`)
  const block = start < 0 ? undefined : /```\w*\n(.*?)^```$/ms.exec(page.slice(start))?.[1]
  if (block === undefined) throw new Error(`docs/pipelines.md has no block marked run: ${name}`)
  return block
}

/** The package's names as what they stand for in this tree, so that the tests need no build. */
export function fromSource(code: string): string {
  return code.replaceAll(/(target: )?'hedgerow\/plugins\/(\w+)'/g, (_, target: string | undefined, name: string) => {
    const file = join(root, `plugins/${name}.ts`)
    // pino takes a package's name or a path.
    return target === undefined ? JSON.stringify(pathToFileURL(file).href) : target + JSON.stringify(file)
  })
}

/** Starts a server of the page's as it stands there, but on a port that is free. It ends with this process at the latest. */
export async function started(
  name: string,
  port: number,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(root, '.readme-'))
  const page = fromSource(configuration(name))
  const own = await freePort()
  const changed = page.replace(`port: ${port}`, `port: ${own}`)
  if (changed === page) throw new Error(`${name} does not listen on port ${port}`)
  writeFileSync(join(folder, name), changed)
  const child = spawn(process.execPath, [join(folder, name)], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
    rmSync(folder, { recursive: true })
  }
  await listening(own).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { port: own, stop }
}

/** Runs a program of the page's as it stands there. */
export async function runnable(name: string, input = ''): Promise<{ readonly lines: readonly string[] }> {
  // In the project, so that it finds the packages that an app would have installed.
  const folder = mkdtempSync(join(root, '.readme-'))
  try {
    writeFileSync(join(folder, name), fromSource(configuration(name)))
    const running = promisify(execFile)(process.execPath, [join(folder, name)], { cwd: folder })
    running.child.stdin?.end(input)
    const { stdout } = await running
    return { lines: stdout.split('\n').filter((line) => line !== '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
