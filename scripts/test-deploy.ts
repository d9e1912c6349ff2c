import { spawnSync } from 'node:child_process'
import { fail, run } from './run.ts'

// `npm run test:deploy`: the service as it is deployed, with the servers that stand beside it, all of them real. What is not
// installed is installed where that can be done (Debian or Ubuntu, as root), else asked for. Without a Docker engine,
// or docker compose, or the image that the service's is built on, their tests are skipped, and say so.

/** Packages, and the commands of which each has one. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  nginx: ['nginx'],
  'redis-server': ['redis-server'],
  openssl: ['openssl'],
  curl: ['curl'],
  chromium: ['chromium', 'google-chrome'],
}

const has = (command: string): boolean => spawnSync('which', [command]).status === 0
const packages = Object.keys(NEEDED).filter((name) => NEEDED[name]?.some(has) !== true)
if (packages.length > 0) {
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    fail(`test:deploy needs more than is here. On Debian or Ubuntu: sudo apt-get install ${packages.join(' ')}`)
  }
  process.env.DEBIAN_FRONTEND = 'noninteractive'
  // Another installation on this machine is waited for.
  const waiting = ['-o', 'DPkg::Lock::Timeout=300']
  run('apt-get', [...waiting, 'update', '-qq'])
  run('apt-get', [...waiting, 'install', '-y', '-qq', '--no-install-recommends', ...packages])
}
run('node', ['scripts/build.ts'])
run('vitest', ['run', '--config', 'vitest.deploy.config.ts', ...process.argv.slice(2)])
