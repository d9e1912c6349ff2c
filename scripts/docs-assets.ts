import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { DOCS_FILES } from '../src/service/settings.ts'
import { fail } from './run.ts'

// Copies what the service's /docs page needs of Swagger UI, and nothing else of its 13 MB, into a folder.

const [folder] = process.argv.slice(2)
if (folder === undefined) fail('usage: docs-assets.ts FOLDER')
const into = resolve(folder)
mkdirSync(into, { recursive: true })
const { resolve: find } = createRequire(import.meta.url)
for (const name of DOCS_FILES) copyFileSync(find(`swagger-ui-dist/${name}`), join(into, name))
