import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { join } from 'node:path'
import { connect, type SecureVersion } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UserHasher } from '../../src/telemetry/user-hash.ts'
import { type Server, until } from '../service/process.ts'
import { example, ordinary } from '../service/service.ts'
import { AUTHORISED, background, freePort, HASH_KEY, KEY, newFolder, root, run, servePublished } from './command.ts'

// A real nginx, with deploy/nginx.conf, in front of the real service. Only addresses and the place of the certificate
// are others than in deploy/compose.yaml.

const folder = newFolder()
const certificate = join(folder, 'tls/fullchain.pem')
let service: Server
let nginx: ChildProcess
let [http, https] = [0, 0]

beforeAll(async () => {
  ;[http, https] = [await freePort(), await freePort()]
  service = await servePublished({ HEDGEROW_TRUSTED_PROXIES: '127.0.0.1' })
  run('deploy/make-certificate.sh', 'service.example.com', join(folder, 'tls'))
  writeFileSync(join(folder, 'nginx.conf'), ownConfiguration())
  nginx = background('nginx', '-c', join(folder, 'nginx.conf'), '-p', folder, '-g', 'daemon off;')
  await until('nginx answers', async () => (await ask('GET', '/health').catch(() => ({ status: 0 }))).status === 200)
})

afterAll(async () => {
  nginx?.kill('SIGQUIT')
  await service?.end()
  rmSync(folder, { recursive: true })
})

function ownConfiguration(): string {
  const replacements: readonly (readonly [from: string | RegExp, to: string])[] = [
    [/^ *listen \[::\]:.*\n/gm, ''],
    ['listen 80 ', `listen 127.0.0.1:${http} `],
    ['listen 443 ', `listen 127.0.0.1:${https} `],
    ['server hedgerow:8000', `server 127.0.0.1:${service.port}`],
    ['pid /run/nginx.pid', `pid ${join(folder, 'nginx.pid')}`],
    [/\/etc\/nginx\/tls\//g, `${join(folder, 'tls')}/`],
  ]
  let text = readFileSync(join(root, 'deploy/nginx.conf'), 'utf8')
  for (const [from, to] of replacements) {
    const replaced = text.replace(from, to)
    if (replaced === text) throw new Error(`deploy/nginx.conf no longer has ${from}`)
    text = replaced
  }
  return text
}

interface Asked {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

async function ask(method: string, path: string, body?: string, options: RequestOptions = {}): Promise<Asked> {
  const asking = request({
    port: https,
    host: '127.0.0.1',
    servername: 'service.example.com',
    ca: readFileSync(certificate),
    method,
    path,
    headers: AUTHORISED,
    ...options,
  })
  asking.end(body)
  const [response] = await once(asking, 'response')
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

describe('nginx in front of the service', () => {
  it("passes the older service's example on, asked with curl over TLS", () => {
    const answer = run(
      'curl',
      '--silent',
      '--fail',
      '--cacert',
      certificate,
      '--resolve',
      `service.example.com:${https}:127.0.0.1`,
      `https://service.example.com:${https}/predict`,
      '-H',
      'content-type: application/json',
      '-H',
      `authorization: Bearer ${KEY}`,
      '-d',
      '{"user_id":123,"event_type":"login","session_duration_sec":18000,"events_in_session":190,"hour_of_day":2,"day_of_week":1,"device_type":"desktop"}',
    )
    expect(JSON.parse(answer)).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98 })
  })

  it('sends HTTP to HTTPS, method and body kept', async () => {
    const asking = plainRequest({
      port: http,
      host: '127.0.0.1',
      method: 'POST',
      path: '/predict?learn=false',
      headers: { host: 'service.example.com' },
    })
    asking.end('{}')
    const [response] = await once(asking, 'response')
    response.resume()
    expect(response.statusCode).toBe(308)
    expect(response.headers.location).toBe('https://service.example.com/predict?learn=false')
  })

  it.each([
    ['TLSv1.3', true],
    ['TLSv1.2', true],
    ['TLSv1.1', false],
    ['TLSv1', false],
  ] as const)('speaks %s: %s', async (version: SecureVersion, speaks) => {
    const ciphers = 'DEFAULT@SECLEVEL=0' // so that this side would speak the old ones
    const socket = connect({
      port: https,
      host: '127.0.0.1',
      minVersion: version,
      maxVersion: version,
      rejectUnauthorized: false,
      ciphers,
    })
    const spoke = await Promise.race([
      once(socket, 'secureConnect').then(() => socket.getProtocol()),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    expect(spoke).toBe(speaks ? version : false)
  })

  it('has browsers come by HTTPS alone, once', async () => {
    for (const path of ['/health', '/nowhere']) {
      const { headers } = await ask('GET', path)
      expect(headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains')
      expect(headers.server).toBe('nginx')
    }
  })

  it('tells the service who asks, whatever the client says of itself; nobody else is believed', async () => {
    const hasher = new UserHasher(HASH_KEY)
    const real = await hasher.hash('address:127.0.0.3')
    const last = (): unknown => service.log.findLast(({ route }) => route === '/model')?.client_hash
    const forged = {
      ...AUTHORISED,
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
    }
    await ask('GET', '/model', undefined, { localAddress: '127.0.0.3', headers: forged })
    expect(last()).toBe(real)

    const direct = plainRequest({
      port: service.port,
      host: '127.0.0.1',
      path: '/model',
      localAddress: '127.0.0.3',
      headers: forged,
    })
    direct.end()
    const [response] = await once(direct, 'response')
    await once(response.resume(), 'end')
    expect(last()).toBe(real)
  })

  it('refuses large bodies and many requests at a time, as problems', async () => {
    const large = await ask('POST', '/predict', JSON.stringify({ ...example, note: 'x'.repeat(70_000) }))
    expect([large.status, large.headers['content-type']]).toEqual([413, 'application/problem+json'])
    const many = await Promise.all(
      Array.from({ length: 90 }, () =>
        Promise.all(
          Array.from({ length: 5 }, () =>
            ask('GET', '/health', undefined, { localAddress: '127.0.0.4' }).catch(() => undefined),
          ),
        ),
      ),
    )
    const statuses = many.flat().map((answer) => answer?.status)
    expect(statuses).toContain(429)
    const refused = many.flat().find((answer) => answer?.status === 429)
    expect(refused?.headers['content-type']).toBe('application/problem+json')
    // Others are not the worse for it.
    expect((await ask('GET', '/health')).status).toBe(200)
  })

  it('lets batches through while they arrive: the first answers come before the last row is sent', async () => {
    const asking = request({
      port: https,
      host: '127.0.0.1',
      servername: 'service.example.com',
      ca: readFileSync(certificate),
      method: 'POST',
      path: '/predict/batch',
      headers: { ...AUTHORISED, 'content-type': 'application/x-ndjson' },
    })
    const row = `${JSON.stringify(ordinary)}\n`
    let got = ''
    const collect = (text: string): void => {
      got += text
    }
    asking.on('response', (response) => response.setEncoding('utf8').on('data', collect))
    const answers = (): number => got.split('"anomaly_score"').length - 1
    asking.write(row)
    await until('the first answer is there', () => answers() === 1)
    asking.write(row.repeat(2))
    await until('the next ones are there', () => answers() === 3)
    asking.end(row)
    await until('the last one is there', () => answers() === 4)
  })

  it('says so as a problem where the service is not there', async () => {
    await service.end()
    const answer = await ask('POST', '/predict', JSON.stringify(example))
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'application/problem+json'])
  })
})
