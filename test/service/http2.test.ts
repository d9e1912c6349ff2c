import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server, serve, until } from './process.ts'
import { ordinary } from './service.ts'

// HTTP/2 without TLS, which nginx speaks to the service where both send at a time.

const row = `${JSON.stringify(ordinary)}\n`
const answersIn = (text: string): number => text.split('"anomaly_score"').length - 1

interface Asked {
  readonly stream: ClientHttp2Stream
  readonly got: () => string
  readonly status: Promise<number | undefined>
}

function ask(session: ClientHttp2Session, path: string, type = 'application/x-ndjson'): Asked {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': type })
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const status = once(stream, 'response').then(([headers]) => headers[':status'] as number | undefined)
  return { stream, got: () => text, status }
}

describe('hedgerow serve over HTTP/2', { timeout: 30_000 }, () => {
  let server: Server
  let session: ClientHttp2Session
  beforeAll(async () => {
    server = await serve({ HEDGEROW_HTTP2_PORT: '0', HEDGEROW_IDLE_TIMEOUT_SEC: '1', HEDGEROW_BODY_TIMEOUT_SEC: '1' })
    session = connect(`http://127.0.0.1:${server.http2Port}`)
  })
  afterAll(() => {
    session.close()
    return server.end()
  })

  it('answers one event, and logs it like any other', async () => {
    const { stream, got, status } = ask(session, '/predict', 'application/json')
    stream.end(row)
    expect(await status).toBe(200)
    await once(stream, 'close')
    expect(JSON.parse(got())).toMatchObject({ is_anomaly: false })
    await until('it is logged', () =>
      server.log.some(({ route, status: told }) => route === '/predict' && told === 200),
    )
  })

  it('answers the first rows of a batch before the last is sent', async () => {
    const { stream, got } = ask(session, '/predict/batch')
    stream.write(row)
    await until('the first answer is there', () => answersIn(got()) === 1)
    stream.write(row.repeat(2))
    await until('the next answers are there', () => answersIn(got()) === 3)
    stream.end()
    await once(stream, 'close')
  })

  it('holds a client back that takes no answers, and is no slower for others', async () => {
    const { stream, status } = ask(session, '/predict/batch')
    stream.pause()
    let sent = 0
    const pump = (): void => {
      while (sent < 200_000 && stream.write(row)) sent++
    }
    stream.on('drain', pump)
    pump()
    expect(await status).toBe(200)
    const before = await settled(() => sent)
    expect(before).toBeLessThan(100_000)
    const { stream: other, status: otherStatus } = ask(session, '/predict', 'application/json')
    other.end(row)
    expect(await otherStatus).toBe(200)
    stream.close()
  })

  it.each([
    ['a batch that is none', '/predict/batch', 'application/json', 'x'.repeat(3_000_000), 400],
    ['another media type', '/predict', 'text/plain', 'x'.repeat(3_000_000), 415],
    ['more than an event may have', '/predict', 'application/json', 'x'.repeat(3_000_000), 413],
    ['a path that is not there', '/nowhere', 'application/json', '{}', 404],
  ])('refuses %s', async (_, path, type, body, expected) => {
    const { stream, got, status } = ask(session, path, type)
    stream.on('error', () => undefined).end(body)
    expect(await status).toBe(expected)
    await until('the problem is told', () => got().endsWith('}'))
    expect(JSON.parse(got())).toMatchObject({ status: expected })
  })

  it.each([
    ['an event that does not come', '/predict', 'application/json', '{'],
    ['a batch that pauses', '/predict/batch', 'application/json', '['],
  ])('does not wait for ever for %s', async (_, path, type, beginning) => {
    const { stream, status } = ask(session, path, type)
    stream.on('error', () => undefined).write(beginning)
    expect(await status).toBe(408)
    stream.close()
  })

  it('lets those go that have said nothing for longest, where more come than it takes', async () => {
    const small = await serve({ HEDGEROW_HTTP2_PORT: '0', HEDGEROW_MAX_CONNECTIONS: '4' })
    const open = () => connectTcp(small.http2Port ?? 0, '127.0.0.1').on('error', () => undefined)
    const busy = connect(`http://127.0.0.1:${small.http2Port}`)
    const { stream, got } = ask(busy, '/predict/batch')
    stream.write(row)
    await until('the first answer is there', () => answersIn(got()) === 1)
    const silent = Array.from({ length: 20 }, open)
    for (const socket of silent) socket.resume()
    await until('no more are left than it takes', () => silent.filter(({ closed }) => !closed).length <= 3)
    const other = connect(`http://127.0.0.1:${small.http2Port}`)
    const answer = ask(other, '/predict', 'application/json')
    answer.stream.end(row)
    expect(await answer.status).toBe(200)
    stream.end(row)
    await until('the batch is answered to its end', () => answersIn(got()) === 2)
    for (const each of [...silent, busy, other]) each.destroy()
    expect(await small.end()).toBe(0)
  })

  it('closes what speaks something else', async () => {
    const socket = connectTcp(server.http2Port ?? 0, '127.0.0.1')
    socket.on('error', () => undefined).write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })
})

describe('hedgerow serve over HTTP/2, when it ends', { timeout: 30_000 }, () => {
  it('answers a batch to its end, and takes nothing more', async () => {
    const server = await serve({ HEDGEROW_HTTP2_PORT: '0' })
    const session = connect(`http://127.0.0.1:${server.http2Port}`)
    const { stream, got } = ask(session, '/predict/batch')
    stream.write(row)
    await until('the first answer is there', () => answersIn(got()) === 1)
    const goodbye = once(session, 'goaway')
    const code = server.end()
    await goodbye
    stream.end(row.repeat(2))
    expect(await code).toBe(0)
    expect(answersIn(got())).toBe(3)
  })

  it('says where it cannot listen', async () => {
    const server = await serve()
    const started = serve({ HEDGEROW_HTTP2_PORT: String(server.port) })
    await expect(started).rejects.toThrow(/ended with 1: HEDGEROW_HTTP2_PORT: got 127\.0\.0\.1:\d+, and: EADDRINUSE/)
    await server.end()
  })
})

/** A number, once it has stayed the same for half a second. */
async function settled(read: () => number): Promise<number> {
  for (;;) {
    const before = read()
    await new Promise((resolve) => setTimeout(resolve, 500))
    if (read() === before) return before
  }
}
