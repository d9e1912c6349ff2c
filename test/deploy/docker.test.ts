import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../service/process.ts'
import { freePort, HASH_KEY, KEY, root, run } from './command.ts'
import { askWithCurl, type Front, startNginx } from './proxy.ts'

// The image, really built and run. Where there is no Docker engine these are skipped, and the run says so.

const IMAGE = 'hedgerow-service-test'
const MOST_BYTES = 250e6

const hasEngine = ((): boolean => {
  try {
    return run('docker', 'version', '--format', '{{.Server.Version}}') !== ''
  } catch {
    return false
  }
})()

describe.skipIf(!hasEngine)('the image', { timeout: 900_000 }, () => {
  const volume = `hedgerow-test-${process.pid}`
  let port = 0
  let container = ''
  let proxy: Front | undefined

  const start = (): string =>
    run(
      ...(['docker', 'run', '--detach', '--network', 'host', '--read-only', '--cap-drop', 'ALL'] as const),
      ...['--security-opt', 'no-new-privileges', '--volume', `${volume}:/data`],
      ...[
        '--env',
        `HEDGEROW_PORT=${port}`,
        '--env',
        `HEDGEROW_KEYS=all:${KEY}`,
        '--env',
        `HEDGEROW_HASH_KEY=${HASH_KEY}`,
      ],
      IMAGE,
    ).trim()
  const inspect = (format: string, of = container): string => run('docker', 'inspect', '--format', format, of).trim()
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    )

  beforeAll(async () => {
    run('docker', 'build', '--network', 'host', '--file', 'deploy/Dockerfile', '--tag', IMAGE, '.')
    port = await freePort()
    container = start()
    await until('the container answers', answers)
    proxy = await startNginx(port)
  }, 900_000)

  afterAll(async () => {
    await proxy?.stop()
    if (container !== '') run('docker', 'rm', '--force', container)
    run('docker', 'volume', 'rm', '--force', volume)
  })

  it(`is smaller than ${MOST_BYTES / 1e6} MB, and runs as nobody in particular`, () => {
    expect(Number(inspect('{{.Size}}', IMAGE))).toBeLessThan(MOST_BYTES)
    expect(inspect('{{.Config.User}}', IMAGE)).toBe('1000:1000')
  })

  it('holds what the lock file and the sources make, to the byte', () => {
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
    const script = `console.log(require('node:crypto').createHash('sha256').update(require('node:fs').readFileSync('/app/hedgerow.js')).digest('hex'))`
    const inImage = run('docker', 'exec', container, '/usr/local/bin/node', '--eval', script).trim()
    expect(inImage).toBe(sha256(readFileSync(join(root, 'dist/cli/hedgerow.js'))))
  })

  it("answers the older service's example, asked with curl, through nginx with TLS", () => {
    expect(askWithCurl(proxy as Front)).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98 })
  })

  it('says that it is healthy', async () => {
    await until('its health check has passed', () => inspect('{{.State.Health.Status}}') === 'healthy')
  })

  it('ends well when it is stopped, and goes on where it was', async () => {
    run('docker', 'stop', '--time', '30', container)
    expect(inspect('{{.State.ExitCode}}')).toBe('0')
    run('docker', 'rm', container)
    container = start()
    await until('the container answers', answers)
    expect(askWithCurl(proxy as Front)).toMatchObject({ baseline: { events: 1 } })
  })
})
