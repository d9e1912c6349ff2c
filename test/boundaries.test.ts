import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// The lint rules that hold the direction of dependencies, shown to bite: the project's own biome.json is laid over a
// folder of deliberate violations. A rule that a changed glob has quietly switched off fails here.

const root = fileURLToPath(new URL('..', import.meta.url))

const refused: readonly (readonly [file: string, specifier: string])[] = [
  ['src/detector.ts', 'node:fs'],
  ['src/detector.ts', 'hono'],
  ['src/detector.ts', '@opentelemetry/api'],
  ['src/detector.ts', 'cloudflare:workers'],
  ['src/detector.ts', '../middleware/index.ts'],
  ['src/detector.ts', '../model/default.ts'],
  ['src/detector.ts', './service/app.ts'],
  ['src/detector.ts', './telemetry/span.ts'],
  ['src/detector.ts', './store/redis.ts'],
  ['src/forest/fit.ts', 'node:crypto'],
  ['src/forest/fit.ts', '../../plugins/pino.ts'],
  ['src/forest/fit.ts', '../../model/make.ts'],
  ['src/forest/fit.ts', '../cli/hedgerow.ts'],
  ['src/features/request/pace.ts', '../../../middleware/index.ts'],
  ['src/features/request/pace.ts', '../../worker.ts'],
  ['src/store/contract.ts', 'hono'],
  ['src/store/contract.ts', '../service/app.ts'],
  ['src/telemetry/span.ts', '@opentelemetry/sdk-node'],
  ['src/telemetry/span.ts', '../../middleware/index.ts'],
  ['src/service/app.ts', 'node:fs'],
  ['src/service/app.ts', 'pino'],
  ['src/service/app.ts', './node/log.ts'],
  ['src/service/app.ts', '../cli/exit.ts'],
  ['src/service/app.ts', '../server.ts'],
  ['src/store/redis.ts', '@redis/client'],
  ['src/store/redis.ts', '../service/app.ts'],
  ['middleware/index.ts', 'node:fs'],
  ['middleware/index.ts', '@opentelemetry/sdk-node'],
  ['middleware/index.ts', '../src/service/app.ts'],
  ['middleware/index.ts', '../plugins/pino.ts'],
  ['middleware/index.ts', '../model/make.ts'],
  ['plugins/pino.ts', '../middleware/index.ts'],
  ['plugins/pino.ts', 'node:stream'],
  ['plugins/pino.ts', 'pino'],
  ['plugins/winston.ts', 'winston'],
  ['plugins/otel.ts', '@opentelemetry/sdk-node'],
  ['plugins/shared/settings.ts', '../../middleware/index.ts'],
  ['src/pipeline/record-scorer.ts', 'hono'],
  ['src/pipeline/record-scorer.ts', '../cli/hedgerow.ts'],
  ['src/pipeline/record-scorer.ts', '../telemetry/span.ts'],
  ['src/pipeline/record-scorer.ts', '../../plugins/pino.ts'],
  ['plugins/kafka.ts', 'node:fs'],
  ['plugins/kafka/options.ts', '../../src/service/app.ts'],
  ['plugins/http.ts', '@platformatic/kafka'],
  ['plugins/workers/queue.ts', 'cloudflare:workers'],
  ['plugins/sinks/r2.ts', '../../middleware/index.ts'],
  ['model/make.ts', '../src/service/app.ts'],
]

const allowed: readonly (readonly [file: string, specifier: string])[] = [
  ['src/detector.ts', './event.ts'],
  ['src/detector.ts', './forest/forest.ts'],
  ['src/detector.ts', './store/contract.ts'],
  ['src/detector.ts', './telemetry/names.ts'],
  ['src/forest/fit.ts', '../random.ts'],
  ['src/features/request/pace.ts', '../../event.ts'],
  ['src/store/memory.ts', './contract.ts'],
  ['src/telemetry/span.ts', '@opentelemetry/api'],
  ['src/telemetry/span.ts', '../detector.ts'],
  ['middleware/index.ts', 'hono'],
  ['middleware/index.ts', 'hono/factory'],
  ['middleware/index.ts', '@opentelemetry/api'],
  ['middleware/index.ts', '../src/detector.ts'],
  ['middleware/index.ts', '../src/telemetry/span.ts'],
  ['middleware/index.ts', '../model/default.ts'],
  ['middleware/index.ts', './identify.ts'],
  ['plugins/pino.ts', '../src/detector.ts'],
  ['plugins/pino.ts', 'pino-abstract-transport'],
  ['plugins/otel/sampler.ts', '@opentelemetry/api'],
  ['plugins/shared/settings.ts', '../../model/default.ts'],
  ['src/pipeline/record-scorer.ts', '../detector.ts'],
  ['src/pipeline/record-scorer.ts', '../telemetry/attributes.ts'],
  ['src/pipeline/record-scorer.ts', '../store/contract.ts'],
  ['plugins/kafka/options.ts', '@platformatic/kafka'],
  ['plugins/http/framing.ts', '../shared/raw.ts'],
  ['model/make.ts', '../src/forest/fit.ts'],
  ['src/service/app.ts', 'hono'],
  ['src/service/app.ts', 'valibot'],
  ['src/service/app.ts', '../detector.ts'],
  ['src/service/app.ts', '../../middleware/address.ts'],
  ['src/service/node/log.ts', 'pino'],
  ['src/store/redis.ts', './contract.ts'],
  ['src/store/durable-object.ts', 'cloudflare:workers'],
  ['src/cli/hedgerow.ts', 'node:fs'],
]

describe('the direction of dependencies', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-boundaries-')))
  let found: ReadonlySet<string>

  beforeAll(() => {
    cpSync(join(root, 'biome.json'), join(folder, 'biome.json'))
    const sources = new Map<string, string[]>()
    for (const [file, specifier] of [...refused, ...allowed]) {
      const lines = sources.get(file) ?? []
      sources.set(file, [...lines, `import '${specifier}'`])
    }
    for (const [file, lines] of sources) {
      mkdirSync(join(folder, dirname(file)), { recursive: true })
      writeFileSync(join(folder, file), `${lines.join('\n')}\n`)
    }
    found = violations(folder, sources)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(refused)('%s may not import %s', (file, specifier) => {
    expect(found).toContain(`${file} ${specifier}`)
  })

  it.each(allowed)('%s may import %s', (file, specifier) => {
    expect(found).not.toContain(`${file} ${specifier}`)
  })
})

/** Runs the linter over a folder; gives `file specifier` for each import that it refuses. */
function violations(folder: string, sources: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const only = ['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--reporter=github', '.']
  const { stdout, status } = spawnSync(process.execPath, [biome, ...only], { cwd: folder, encoding: 'utf8' })
  if (status !== 1) throw new Error(`biome ended with ${status}, wanted 1: it has violations to report`)
  const places = stdout.matchAll(/^::error title=lint\/style\/noRestrictedImports,file=([^,]+),line=(\d+)/gm)
  const found = new Set<string>()
  for (const [, path = '', line] of places) {
    const file = relative(folder, path)
    const specifier = sources.get(file)?.[Number(line) - 1]?.split("'")[1]
    found.add(`${file} ${specifier}`)
  }
  return found
}
