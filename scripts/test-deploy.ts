import { spawnSync } from 'node:child_process'
import { fail, run } from './run.ts'

// `npm run test:deploy`: the service as it is deployed, with the servers that stand beside it, all of them real. What is not
// installed is installed where that can be done (Debian or Ubuntu, as root), else asked for. Without a Docker engine the
// tests of the image are skipped, and say so.

const NEEDED: Readonly<Record<string, string>> = {
  nginx: 'nginx',
  'redis-server': 'redis-server',
  openssl: 'openssl',
  curl: 'curl',
  chromium: 'chromium',
}

const has = (command: string): boolean => spawnSync('which', [command]).status === 0
const missing = Object.keys(NEEDED).filter((command) => !has(command))
if (missing.length > 0) {
  const packages = missing.map((command) => NEEDED[command] as string)
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    fail(`test:deploy needs ${missing.join(', ')}. On Debian or Ubuntu: sudo apt-get install ${packages.join(' ')}`)
  }
  process.env.DEBIAN_FRONTEND = 'noninteractive'
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
}
run('node', ['scripts/build.ts'])
run('vitest', ['run', '--config', 'vitest.deploy.config.ts', ...process.argv.slice(2)])
