import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../service/process.ts'
import { freePort, HASH_KEY, KEY, root, run } from './command.ts'
import { inspect, noEngine } from './engine.ts'
import { askWithCurl, type StartedFront, startNginx } from './proxy.ts'

// The image, really built and run.

const IMAGE = 'hedgerow-service-test'
const MOST_BYTES = 250e6

describe.skipIf(noEngine !== undefined)(`the image${noEngine ? ` (${noEngine})` : ''}`, { timeout: 900_000 }, () => {
  const volume = `hedgerow-test-${process.pid}`
  let port = 0
  let http2Port = 0
  let container = ''
  let proxy: StartedFront | undefined

  const start = (): string => {
    const locked = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
    const settings = {
      HEDGEROW_PORT: port,
      HEDGEROW_HTTP2_PORT: http2Port,
      HEDGEROW_KEYS: `all:${KEY}`,
      HEDGEROW_HASH_KEY: HASH_KEY,
    }
    const env = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    const where = ['--network', 'host', '--volume', `${volume}:/data`]
    return run('docker', 'run', '--detach', ...where, ...locked, ...env, IMAGE).trim()
  }
  const inContainer = (script: string): unknown =>
    JSON.parse(run('docker', 'exec', container, '/usr/local/bin/node', '--eval', script))
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    )

  beforeAll(async () => {
    run('docker', 'build', '--network', 'host', '--file', 'deploy/Dockerfile', '--tag', IMAGE, '.')
    port = await freePort()
    http2Port = await freePort()
    container = start()
    await until('the container answers', answers)
    proxy = await startNginx({ port, http2Port })
  }, 900_000)

  afterAll(async () => {
    await proxy?.stop()
    if (container !== '') run('docker', 'rm', '--force', container)
    run('docker', 'volume', 'rm', '--force', volume)
  })

  it(`is smaller than ${MOST_BYTES / 1e6} MB`, () => {
    expect(Number(inspect(IMAGE, '{{.Size}}'))).toBeLessThan(MOST_BYTES)
  })

  it('runs as nobody in particular, who can write nothing but baselines', () => {
    const script = `
      const { unlinkSync, writeFileSync } = require('node:fs')
      const write = (path) => { try { writeFileSync(path, ''); unlinkSync(path); return 'written' } catch ({ code }) { return code } }
      console.log(JSON.stringify([process.getuid(), process.getgid(), ...['/x', '/app/x', '/tmp/x', '/data/x'].map(write)]))`
    expect(inContainer(script)).toEqual([1000, 1000, 'EROFS', 'EROFS', 'EROFS', 'written'])
  })

  it('holds what the lock file and the sources make, to the byte', () => {
    const script = (folder: string): string => `
      const { createHash } = require('node:crypto'), { readdirSync, readFileSync, statSync } = require('node:fs')
      const files = readdirSync('${folder}', { recursive: true }).filter((file) => statSync('${folder}/' + file).isFile())
      const sha256 = (file) => createHash('sha256').update(readFileSync('${folder}/' + file)).digest('hex')
      console.log(JSON.stringify(files.sort().map((file) => [file, sha256(file)])))`
    const here: unknown = JSON.parse(run(process.execPath, '--eval', script(join(root, 'dist/cli'))))
    expect(here).toContainEqual(['hedgerow.js', expect.any(String)])
    expect(inContainer(script('/app'))).toEqual(here)
  })

  it("answers the older service's example, asked with curl, through nginx with TLS", () => {
    expect(askWithCurl(proxy as StartedFront)).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98 })
  })

  it('says that it is healthy', async () => {
    await until('its health check has passed', () => inspect(container, '{{.State.Health.Status}}') === 'healthy')
  })

  it('ends well when it is stopped, and goes on where it was', async () => {
    run('docker', 'stop', '--time', '30', container)
    expect(inspect(container, '{{.State.ExitCode}}')).toBe('0')
    run('docker', 'rm', container)
    container = start()
    await until('the container answers', answers)
    expect(askWithCurl(proxy as StartedFront)).toMatchObject({ baseline: { events: 1 } })
  })
})
