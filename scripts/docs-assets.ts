import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DOCS_FILES } from '../src/service/settings.ts'
import { root } from './run.ts'

// Copies what the service's /docs page needs of Swagger UI, and nothing else of its 13 MB, into a folder of the project:
// node scripts/docs-assets.ts FOLDER

export function copyDocs(folder: string): void {
  const into = join(root, folder)
  mkdirSync(into, { recursive: true })
  const { resolve } = createRequire(import.meta.url)
  for (const name of DOCS_FILES) copyFileSync(resolve(`swagger-ui-dist/${name}`), join(into, name))
}

/** Before tests in workerd: what wrangler's build command makes before it serves or deploys. */
export default function setup(): void {
  copyDocs('dist/worker-assets/docs')
}

if (import.meta.main && process.argv[2] !== undefined) copyDocs(process.argv[2])
