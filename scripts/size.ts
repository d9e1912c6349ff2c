import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { budgets } from './budgets.ts'
import { capture, fail, root } from './run.ts'

// What a deployment weighs, against its budget. Measured as deployed: esbuild's bundle for Workers, and wrangler's own.

type Part = keyof typeof budgets
interface Weight {
  readonly raw: number
  readonly gzip: number
}

const needed = ['middleware/index.ts', 'model/default.ts', 'wrangler.toml']
const missing = needed.filter((file) => !existsSync(join(root, file)))
if (missing.length > 0) fail(`size: nothing to measure without ${missing.join(', ')}`)

const weights: Readonly<Record<Part, Weight>> = {
  middleware: await bundle("export { hedgerow } from './middleware/index.ts'"),
  model: await bundle("export * from './model/default.ts'"),
  worker: deployed('wrangler.toml'),
  service: deployed('deploy/wrangler.service.toml'),
}

const parts = Object.keys(budgets) as Part[]
console.table(
  Object.fromEntries(
    parts.map((part) => {
      const { raw, gzip } = weights[part]
      const used = `${Math.round((100 * gzip) / budgets[part])}%`
      return [part, { 'raw bytes': raw, 'gzipped bytes': gzip, budget: budgets[part], used }]
    }),
  ),
)
const over = parts.filter((part) => weights[part].gzip > budgets[part])
if (over.length > 0) fail(`size: past the budget: ${over.join(', ')} (scripts/budgets.ts)`)

async function bundle(contents: string): Promise<Weight> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['hono', '@opentelemetry/api', 'node:*', 'cloudflare:*'],
    logLevel: 'warning',
  })
  return weigh(outputFiles.map((file) => file.contents))
}

function deployed(configuration: string): Weight {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-size-'))
  try {
    capture('wrangler', ['deploy', '--dry-run', '--config', configuration, '--outdir', folder])
    const uploaded = readdirSync(folder).filter((name) => !name.endsWith('.map') && name !== 'README.md')
    return weigh(uploaded.map((name) => readFileSync(join(folder, name))))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function weigh(files: readonly Uint8Array[]): Weight {
  const whole = Buffer.concat(files)
  return { raw: whole.length, gzip: gzipSync(whole, { level: 9 }).length }
}
