import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Server, sendRaw, serve, until } from './process.ts'
import { ordinary } from './service.ts'

const body = JSON.stringify(ordinary)

describe('hedgerow serve, with more connections than it takes', { timeout: 30_000 }, () => {
  const MOST = 8
  let server: Server
  const others: Socket[] = []
  const crowd = async (size: number): Promise<void> => {
    const coming = Array.from({ length: size }, () => connect(server.port, '127.0.0.1').on('error', () => undefined))
    others.push(...coming)
    await until('all are connected, or refused', () => coming.every(({ connecting }) => !connecting))
  }
  /** A batch whose first row is answered, and whose second is still to come. */
  const beginBatch = async (): Promise<{ readonly socket: Socket; readonly got: () => string }> => {
    const socket = connect(server.port, '127.0.0.1')
    others.push(socket)
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const length = `Content-Length: ${2 * (body.length + 1)}`
    socket.write(
      `POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n${length}\r\n\r\n${body}\n`,
    )
    await until('the first answer is there', () => text.includes('anomaly_score'))
    return { socket, got: () => text }
  }
  const predict = (): Promise<Response> =>
    fetch(`${server.url}/predict`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  beforeAll(async () => {
    server = await serve({ HEDGEROW_MAX_CONNECTIONS: String(MOST) })
  })
  afterEach(() => {
    for (const socket of others.splice(0)) socket.destroy()
  })
  afterAll(() => server.end())

  it('lets those go that have said nothing for longest, and answers who asks', async () => {
    await crowd(100)
    expect((await predict()).status).toBe(200)
    for (const socket of others) socket.resume()
    await until('no more are left than it takes', () => others.filter(({ closed }) => !closed).length <= MOST)
  })

  it('lets none go that waits for an answer', async () => {
    const { socket, got } = await beginBatch()
    await crowd(100)
    expect((await predict()).status).toBe(200)
    socket.write(`${body}\n`)
    await until('the response ends', () => got().endsWith('0\r\n\r\n'))
  })

  it('takes none beside as many that wait for an answer, until one has it', async () => {
    const batches = await Promise.all(Array.from({ length: MOST }, beginBatch))
    const turnedAway = sendRaw(server.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await turnedAway.catch(({ code }) => code)).toSatisfy((got: string) => ['', 'ECONNRESET'].includes(got))
    batches[0]?.socket.destroy()
    await until('there is room', () =>
      predict().then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
  })
})
