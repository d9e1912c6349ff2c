import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { DocsFile } from '../settings.ts'

const TYPES: Readonly<Record<DocsFile, string>> = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
}

/** Beside the bundled command; in a checkout they are the library's own. */
const BUNDLED = fileURLToPath(new URL('docs/', import.meta.url))

/** The files of Swagger UI. They change with the package's version alone, so browsers may keep them for a day. */
export async function docsFile(name: DocsFile): Promise<Response> {
  const bundled = `${BUNDLED}${name}`
  const path = existsSync(bundled) ? bundled : createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`)
  const headers = { 'Content-Type': TYPES[name], 'Cache-Control': 'public, max-age=86400' }
  return new Response(await readFile(path), { headers })
}
