import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
// In the project, so that a snippet finds what an app that has installed the package would find.
const directory = mkdtempSync(join(root, '.readme-'))
afterAll(() => rmSync(directory, { recursive: true }))

const ENTRIES: Readonly<Record<string, string>> = {
  hedgerow: 'middleware/index.ts',
  'hedgerow/engine': 'src/index.ts',
  'hedgerow/model': 'model/default.ts',
}

/** The package's names as what they stand for in this tree: the test needs no build. */
function fromSource(code: string): string {
  return code.replaceAll(/from '(hedgerow[^']*)'/g, (whole, name: string) => {
    const entry = ENTRIES[name]
    return entry === undefined ? whole : `from '${pathToFileURL(join(root, entry)).href}'`
  })
}

interface Snippet {
  readonly line: number
  readonly code: string
  /** What the README says it prints. */
  readonly output: string | undefined
}

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const snippets = [...readme.matchAll(/^```ts\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].map(
  (match): Snippet => ({
    line: readme.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
    output: match[2],
  }),
)

describe('the README', () => {
  it('shows code', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(2)
    expect(snippets.some(({ output }) => output !== undefined)).toBe(true)
  })

  it.each(snippets)('has code at line $line that runs, and prints what it says', async ({ line, code, output }) => {
    const file = join(directory, `line-${line}.ts`)
    const serves = code.includes('export default app')
    // An app is asked for the first of its pages.
    const path = /app\.get\('([^']+)'/.exec(code)?.[1] ?? '/'
    const asking = `\nconst answer = await app.request('${path}')\nconsole.log(answer.status, await answer.text())\n`
    writeFileSync(file, fromSource(code) + (serves ? asking : ''))
    const printed = execFileSync(process.execPath, [file], { cwd: root, encoding: 'utf8' })
    if (serves) expect(printed).toMatch(/^200 /)
    if (output !== undefined) expect(printed).toBe(output)
  })

  it('names scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const named = [...readme.matchAll(/npm run\s+([a-z:]+)/g)].map((match) => match[1] as string)
    for (const name of named) expect(Object.keys(scripts)).toContain(name)
  })
})
