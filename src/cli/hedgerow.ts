#!/usr/bin/env node
import manifest from '../../package.json' with { type: 'json' }

// Before anything else is read, which an older Node would fail at with words of its own.
const oldest = manifest.engines.node.replace('>=', '')
if (isOlder(process.versions.node, oldest)) {
  process.stderr.write(`hedgerow: got Node ${process.versions.node}, wanted ${oldest} or later\n`)
  process.exit(1)
}
await import('./program.ts')

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major < thanMajor || (major === thanMajor && minor < thanMinor)
}
