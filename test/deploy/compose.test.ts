import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UserHasher } from '../../src/telemetry/user-hash.ts'
import { until } from '../service/process.ts'
import { AUTHORISED, freePort, HASH_KEY, KEY, newFolder, run } from './command.ts'
import { inspect, nginxImage, noCompose } from './engine.ts'
import { answerTo, askWithCurl, type Front, frontOf, HOST } from './proxy.ts'

// deploy/compose.yaml as it stands, brought up. Others than an operator's are the ports on this machine, the place of keys and
// certificate, and the image of nginx where no registry has it.

const NAME = 'hedgerow-deploy-test'

describe.skipIf(noCompose !== undefined)(
  `deploy/compose.yaml${noCompose ? ` (${noCompose})` : ''}`,
  { timeout: 900_000 },
  () => {
    const folder = newFolder()
    const tls = join(folder, 'tls')
    let front: Front

    const compose = (...args: readonly string[]): string => {
      const files = [
        '--file',
        'deploy/compose.yaml',
        '--file',
        join(folder, 'here.yaml'),
        '--env-file',
        join(folder, 'env'),
      ]
      return run('docker', 'compose', '--project-name', NAME, ...files, ...args)
    }
    const containerOf = (service: string): string => compose('ps', '--all', '--quiet', service).trim()
    const isHealthy = (): boolean => inspect(containerOf('hedgerow'), '{{.State.Health.Status}}') === 'healthy'

    beforeAll(async () => {
      const [http, https] = [await freePort(), await freePort()]
      run('deploy/make-certificate.sh', HOST, tls)
      writeFileSync(join(folder, 'keys'), `all:${KEY}\n`)
      writeFileSync(join(folder, 'env'), `HEDGEROW_TLS="${tls}"\nHEDGEROW_HASH_KEY="${HASH_KEY}"\n`)
      writeFileSync(
        join(folder, 'here.yaml'),
        [
          'services:',
          `  nginx: {image: "${nginxImage()}", ports: !override ["127.0.0.1:${http}:80", "127.0.0.1:${https}:443"]}`,
          `secrets: {keys: {file: "${join(folder, 'keys')}"}}`,
          ...(existsSync('/proc/net/if_inet6') ? [] : ['networks: {edge: {enable_ipv6: false}}']),
        ].join('\n'),
      )
      compose('up', '--detach', '--build')
      front = frontOf(http, https, join(tls, 'fullchain.pem'))
      await until('it answers', () =>
        front.ask('GET', '/health').then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
    }, 900_000)

    afterAll(() => {
      compose('down', '--volumes', '--timeout', '5')
      rmSync(folder, { recursive: true })
    })

    it('is locked up', () => {
      expect(run('docker', 'compose', '--file', 'deploy/compose.yaml', 'config', '--quiet')).toBe('')
      const host = '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.RestartPolicy.Name}}'
      expect(inspect(containerOf('hedgerow'), host)).toBe('true [ALL] unless-stopped')
      expect(inspect(containerOf('hedgerow'), '{{.HostConfig.PortBindings}}')).toBe('map[]')
      expect(inspect(containerOf('nginx'), '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.RestartPolicy.Name}}')).toBe(
        'true unless-stopped',
      )
    })

    it("answers the older service's example, asked with curl over TLS", () => {
      expect(askWithCurl(front)).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98 })
    })

    it('believes nginx, and nobody else, who asks', async () => {
      // What connects to a port of this machine is the gateway of the containers' network to them.
      const gateway = await new UserHasher(HASH_KEY).hash('address:172.31.250.1')
      const headers = { ...AUTHORISED, 'x-forwarded-for': '203.0.113.9' }
      await front.ask('GET', '/model', undefined, { headers })
      await until('it is logged', () => compose('logs', 'hedgerow').includes('"route":"/model"'))
      const line = compose('logs', '--no-log-prefix', 'hedgerow')
        .split('\n')
        .find((text) => text.includes('"route":"/model"'))
      expect(JSON.parse(line ?? '')).toMatchObject({ status: 200, client_hash: gateway })
    })

    it('answers a long batch to its end', async () => {
      const rows = 30_000
      const row = `${JSON.stringify({ user_id: 'long', event_type: 'view', device_type: 'mobile', timestamp: '2026-03-02T10:00:00Z' })}\n`
      const headers = { ...AUTHORISED, 'content-type': 'application/x-ndjson' }
      const asking = request({ ...front.options, method: 'POST', path: '/predict/batch?reasons=none', headers })
      const ended = answerTo(asking)
      asking.end(row.repeat(rows))
      expect((await ended).split('"anomaly_score"')).toHaveLength(rows + 1)
    })

    it('comes up again after a crash', async () => {
      const pid = Number(inspect(containerOf('hedgerow'), '{{.State.Pid}}'))
      process.kill(pid, 'SIGKILL')
      await until('it is another process', () => {
        const now = Number(inspect(containerOf('hedgerow'), '{{.State.Pid}}'))
        return now !== pid && now !== 0
      })
      await until('it is healthy', isHealthy)
      expect((await front.ask('GET', '/health')).status).toBe(200)
    })

    it('keeps what it has learnt over a new version', async () => {
      const event = { user_id: 'kept', event_type: 'view', device_type: 'mobile', timestamp: '2026-03-02T10:00:00Z' }
      expect((await front.ask('POST', '/predict', JSON.stringify(event))).status).toBe(200)
      compose('up', '--detach', '--force-recreate', '--no-deps', 'hedgerow')
      await until('it is healthy', isHealthy)
      const { text } = await front.ask('POST', '/predict', JSON.stringify(event))
      expect(JSON.parse(text)).toMatchObject({ baseline: { events: 1 } })
    })

    it('shows a new certificate once nginx is told, as after a renewal', async () => {
      run('deploy/make-certificate.sh', HOST, tls)
      const fresh = frontOf(front.http, front.https, front.certificate)
      await expect(fresh.ask('GET', '/health')).rejects.toThrow()
      compose('exec', '-T', 'nginx', 'nginx', '-s', 'reload')
      await until('it is shown', () =>
        fresh.ask('GET', '/health').then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
    })
  },
)
