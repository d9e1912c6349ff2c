import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached, has, run } from '../need.ts'

const VERSION = '0.162.0'

/**
 * A real OpenTelemetry Collector, built once from its Go modules by its own builder.
 *
 * @returns its path
 * @throws Error that names what is missing
 */
export async function collector(): Promise<string> {
  return join(await cached(`collector-${VERSION}`, build), 'collector')
}

async function build(folder: string): Promise<void> {
  if (!has('go')) throw new Error('missing: go (1.25 or newer), to build the OpenTelemetry Collector')
  await run('go', ['install', `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`], {
    env: { ...process.env, GOBIN: folder },
  }).catch((cause: unknown) => {
    throw new Error(`missing: the OpenTelemetry Collector's builder ${VERSION}, which go could not install`, { cause })
  })
  copyFileSync(fileURLToPath(new URL('builder.yaml', import.meta.url)), join(folder, 'builder.yaml'))
  const sources = join(folder, 'sources')
  // Its last step, `go mod tidy`, also wants what only the tests of the components import, which not every module proxy
  // has; what is compiled does not. So it writes the sources, and they are compiled here.
  await run(join(folder, 'builder'), ['--config', 'builder.yaml', '--skip-compilation'], { cwd: folder }).catch(
    (error: unknown) => {
      if (!existsSync(join(sources, 'go.mod'))) throw error
    },
  )
  await run('go', ['build', '-mod=mod', '-trimpath', '-ldflags=-s -w', '-o', join(folder, 'collector'), '.'], {
    cwd: sources,
  })
  rmSync(join(folder, 'builder'))
}
