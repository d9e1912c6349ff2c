import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

// What makes `npm ci` give everybody the same tools, on every platform, from the public registry.

interface Locked {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
const { packages } = read('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> }
const manifest = read('package.json') as Manifest

describe('the dependencies', () => {
  it('are none at run time: an app installs the package and its peers', () => {
    expect(manifest.dependencies).toBeUndefined()
  })

  it('are pinned to exact versions', () => {
    const loose = Object.entries(manifest.devDependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    expect(loose).toEqual([])
  })

  it('come from the public npm registry', () => {
    const elsewhere = Object.values(packages).filter(
      ({ resolved }) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
    )
    expect(elsewhere).toEqual([])
  })

  it('are locked for every platform: npm ci fails where an optional one could not be resolved', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    )
    expect(missing).toEqual([])
  })
})
