import { once } from 'node:events'
import { request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { connect, type SecureVersion } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UserHasher } from '../../src/telemetry/user-hash.ts'
import { type Server, until } from '../service/process.ts'
import { example, ordinary } from '../service/service.ts'
import { AUTHORISED, HASH_KEY, servePublished } from './command.ts'
import { answerTo, askWithCurl, HOST, type StartedFront, startNginx } from './proxy.ts'

let service: Server
let proxy: StartedFront

beforeAll(async () => {
  service = await servePublished({ HEDGEROW_TRUSTED_PROXIES: '127.0.0.1' })
  proxy = await startNginx(service)
})

afterAll(async () => {
  await proxy?.stop()
  await service?.end()
})

/** Which protocol a client that speaks but this version gets; undefined where it gets none. */
async function spoken(version: SecureVersion): Promise<string | null | undefined> {
  const socket = connect({
    port: proxy.https,
    host: '127.0.0.1',
    minVersion: version,
    maxVersion: version,
    rejectUnauthorized: false,
    // So that this side would speak the old ones.
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  try {
    await once(socket, 'secureConnect')
    return socket.getProtocol()
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}

describe('nginx in front of the service', () => {
  it("passes the older service's example on, asked with curl over TLS", () => {
    expect(askWithCurl(proxy)).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98 })
  })

  it('sends HTTP to HTTPS, method and body kept', async () => {
    const asking = plainRequest({
      port: proxy.http,
      host: '127.0.0.1',
      method: 'POST',
      path: '/predict?learn=false',
      headers: { host: HOST },
    })
    asking.end('{}')
    const [response] = await once(asking, 'response')
    response.resume()
    expect(response.statusCode).toBe(308)
    expect(response.headers.location).toBe(`https://${HOST}/predict?learn=false`)
  })

  it.each(['TLSv1.3', 'TLSv1.2'] as const)('speaks %s', async (version) => {
    expect(await spoken(version)).toBe(version)
  })

  it.each(['TLSv1.1', 'TLSv1'] as const)('does not speak %s', async (version) => {
    expect(await spoken(version)).toBeUndefined()
  })

  it.each([
    ['GET', '/health', 200],
    ['GET', '/nowhere', 404],
    ['GET', '/problem/400', 404],
    ['POST', '/predict/batch', 200],
  ])('has browsers come by HTTPS alone, and says so once: %s %s', async (method, path, expected) => {
    const { status, headers } = await proxy.ask(method, path, method === 'POST' ? '[]' : undefined)
    expect([status, headers['strict-transport-security']]).toEqual([expected, 'max-age=63072000; includeSubDomains'])
    expect(headers.server).toBe('nginx')
  })

  it('tells the service who asks, whatever the client says of itself; nobody else is believed', async () => {
    const real = await new UserHasher(HASH_KEY).hash('address:127.0.0.3')
    const forged = '203.0.113.9'
    const headers = { ...AUTHORISED, 'x-forwarded-for': forged, forwarded: `for=${forged}`, 'x-real-ip': forged }
    const clientsOf = (asked: string): unknown[] =>
      service.log.filter(({ route }) => route === asked).map(({ client_hash: hash }) => hash)
    await proxy.ask('GET', '/model', undefined, { localAddress: '127.0.0.3', headers })
    await until('it is logged', () => clientsOf('/model').length === 1)
    // Which goes another way: by HTTP/2.
    await proxy.ask('POST', '/events', '[]', { localAddress: '127.0.0.3', headers })
    await until('it is logged', () => clientsOf('/events').length === 1)
    expect(clientsOf('/events')).toEqual([real])

    const to = { port: service.port, host: '127.0.0.1', path: '/model' }
    const direct = plainRequest({ ...to, localAddress: '127.0.0.3', headers }).end()
    const [response] = await once(direct, 'response')
    await once(response.resume(), 'end')
    await until('it is logged', () => clientsOf('/model').length === 2)
    expect(clientsOf('/model')).toEqual([real, real])
  })

  it('refuses large bodies, as problems', async () => {
    const large = await proxy.ask('POST', '/predict', JSON.stringify({ ...example, note: 'x'.repeat(70_000) }))
    expect([large.status, large.headers['content-type']]).toEqual([413, 'application/problem+json'])
  })

  it.each([
    ['a path that is none', 'GET /users/%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a path out of the root', 'GET /docs/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a host twice', 'GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a method that is none', 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['a path too long', `GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
    ['headers too long', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, 431],
  ])('refuses %s as a problem, and goes on', async (_, text, status) => {
    const socket = connect({ port: proxy.https, host: '127.0.0.1', rejectUnauthorized: false })
    socket.end(text)
    let got = ''
    for await (const chunk of socket.setEncoding('utf8')) got += chunk
    expect(got).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(got).toMatch(/^content-type: application\/problem\+json/im)
    expect(got).toContain(`"status":${status},`)
    expect((await proxy.ask('GET', '/health')).status).toBe(200)
  })

  it('refuses one client too many requests at a time, as problems, and goes on answering others', async () => {
    const greedy = Array.from({ length: 450 }, () =>
      proxy.ask('GET', '/health', undefined, { localAddress: '127.0.0.4' }).catch(() => undefined),
    )
    const other = await proxy.ask('GET', '/health')
    const refused = (await Promise.all(greedy)).filter((answer) => answer?.status === 429)
    expect(refused.length).toBeGreaterThan(100)
    expect(refused[0]?.headers['content-type']).toBe('application/problem+json')
    expect(other.status).toBe(200)
  })

  it('lets batches through while they arrive: the first answers come before the last row is sent', async () => {
    const headers = { ...AUTHORISED, 'content-type': 'application/x-ndjson' }
    const asking = request({ ...proxy.options, method: 'POST', path: '/predict/batch', headers })
    const row = `${JSON.stringify(ordinary)}\n`
    let got = ''
    asking.on('response', (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        got += text
      })
    })
    const answers = (): number => got.split('"anomaly_score"').length - 1
    asking.write(row)
    await until('the first answer is there', () => answers() === 1)
    asking.write(row.repeat(2))
    await until('the next ones are there', () => answers() === 3)
    asking.end(row)
    await until('the last one is there', () => answers() === 4)
  })

  it.each([
    ['application/x-ndjson', '', ''],
    ['application/json', '[', ']'],
  ])('carries both ways of a batch whose client is faster than the service: %s', async (type, opening, closing) => {
    const headers = { ...AUTHORISED, 'content-type': type }
    const asking = request({ ...proxy.options, method: 'POST', path: '/predict/batch', headers })
    const ended = answerTo(asking)
    const row = JSON.stringify(ordinary)
    const rows = Array.from({ length: 50_000 }, () => row)
    asking.end(opening + rows.join(type === 'application/json' ? ',' : '\n') + closing)
    expect((await ended).split('"anomaly_score"')).toHaveLength(50_001)
  })

  it.each([
    ['/predict/batch', AUTHORISED.authorization, 400],
    ['/events', 'Bearer of-no-key-that-there-is', 401],
  ])('passes on what refuses a batch before its end: %s with %s', async (path, authorization, status) => {
    const headers = { ...AUTHORISED, authorization }
    // On a connection of its own: nginx ends it after the refusal, with much unread.
    const refused = await proxy.ask('POST', path, 'x'.repeat(2_000_000), { headers, agent: false })
    expect([refused.status, refused.headers['content-type']]).toEqual([status, 'application/problem+json'])
  })

  it('says so as a problem where the service is not there', async () => {
    await service.end()
    const answer = await proxy.ask('POST', '/predict', JSON.stringify(example))
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'application/problem+json'])
    const batch = await proxy.ask('POST', '/predict/batch', JSON.stringify([example]))
    expect([batch.status, batch.headers['content-type']]).toEqual([503, 'application/problem+json'])
  })
})
