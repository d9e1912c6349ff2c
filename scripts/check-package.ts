import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { capture, fail, root, run } from './run.ts'
import { exportedNames, runApp, stranger } from './stranger.ts'

// The package as others get it: packed, linted, then installed into empty folders, type-checked and run there.
// `npm run check:package -- --update` writes the list of exported names anew, when a change of the surface is meant.

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const pinned = join(root, 'scripts/exports.txt')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json')
const folder = mkdtempSync(join(tmpdir(), 'hedgerow-package-'))
try {
  const tarball = pack()
  run('publint', ['--strict', tarball])
  run('attw', ['--profile', 'esm-only', '--no-summary', tarball])

  // Without its peers what imports no package still loads.
  const alone = stranger(join(folder, 'alone'), tarball, {})
  exportedNames(alone, ['./engine', './model', './plugins/http', './plugins/sinks', './plugins/workers'])

  // The oldest peers that package.json allows, then those that the tests run with.
  runApp(stranger(join(folder, 'oldest'), tarball, { hono: '4.8.0', '@opentelemetry/api': '1.9.0' }))
  const peers = Object.keys(manifest.peerDependencies).map((name) => {
    return [name, manifest.devDependencies[name] ?? fail(`${name} is a peer and no dev dependency: nothing tests it`)]
  })
  const newest = stranger(join(folder, 'newest'), tarball, Object.fromEntries(peers))
  runApp(newest)

  comparePinned(exportedNames(newest, entries))
} finally {
  rmSync(folder, { recursive: true })
}

/** npm builds (`prepack`) and packs. */
function pack(): string {
  const packed = join(folder, 'packed')
  mkdirSync(packed)
  capture('npm', ['pack', '--pack-destination', packed])
  return join(packed, readdirSync(packed)[0] ?? fail('npm pack left no tarball'))
}

/** One line for each exported name: `hedgerow/engine parseEvent`. */
function comparePinned(names: Readonly<Record<string, readonly string[]>>): void {
  const lines = Object.entries(names).flatMap(([entry, list]) => list.map((name) => `${entry} ${name}\n`))
  const text = lines.join('').replaceAll(/^\./gm, 'hedgerow')
  if (process.argv.includes('--update')) writeFileSync(pinned, text)
  const before = existsSync(pinned) ? readFileSync(pinned, 'utf8') : ''
  if (before !== text) {
    fail(`The exports changed.\n\nscripts/exports.txt:\n${before}\nthe package:\n${text}
Meant? Then: npm run check:package -- --update, and a line in CHANGELOG.md.`)
  }
}
