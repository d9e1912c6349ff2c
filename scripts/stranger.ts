import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, root, run } from './run.ts'

// Somebody else's project, made from nothing outside the checkout, so that no file of ours is found by accident.

/** An empty project with the tarball installed, and these versions of its peers (none: not even what npm would add). */
export function stranger(folder: string, tarball: string, peers: Readonly<Record<string, string>>): string {
  mkdirSync(folder)
  const dependencies = { hedgerow: `file:${tarball}`, ...peers }
  writeJson(join(folder, 'package.json'), { name: 'stranger', private: true, type: 'module', dependencies })
  run(
    'npm',
    ['install', '--legacy-peer-deps', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
    folder,
  )
  return folder
}

/** Type-checks test/package/app.ts in a stranger's project, the packages' own declarations included, and runs it. */
export function runApp(folder: string): void {
  copyFileSync(join(root, 'test/package/app.ts'), join(folder, 'app.ts'))
  writeJson(join(folder, 'tsconfig.json'), {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.iterable'],
      module: 'nodenext',
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
    },
  })
  run(join(root, 'node_modules/.bin/tsc'), ['-p', folder], folder)
  run(process.execPath, ['app.ts'], folder)
}

/** What each entry of the package exports at run time, in alphabetical order. */
export function exportedNames(folder: string, entries: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const script = `
    const names = {}
    for (const entry of ${JSON.stringify(entries)}) {
      names[entry] = Object.keys(await import(entry.replace('.', 'hedgerow'))).sort()
    }
    console.log(JSON.stringify(names))`
  return JSON.parse(capture(process.execPath, ['--input-type=module', '--eval', script], folder))
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, null, 2))
}
