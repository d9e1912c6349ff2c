import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Server, until } from '../service/process.ts'
import { ordinary } from '../service/service.ts'
import { AUTHORISED, servePublished } from './command.ts'

// What must not hold up or fell the service as it is published.

let server: Server
let memoryBefore = 0
beforeAll(async () => {
  server = await servePublished()
  for (let i = 0; i < 200; i++) await predict()
  memoryBefore = residentMb()
})
afterAll(() => server.end())

/** Whatever was done to it: the next good request is answered, and little of what came was kept. */
afterEach(async () => {
  expect(await predict()).toBe(200)
  expect(residentMb()).toBeLessThan(memoryBefore + 300)
})

const predict = async (): Promise<number> => {
  const body = JSON.stringify(ordinary)
  return (await fetch(`${server.url}/predict`, { method: 'POST', body, headers: AUTHORISED })).status
}

function residentMb(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]) / 1024
}

/** Sends as much as it is let, and gives what is answered meanwhile. */
async function flood(path: string, type: string, chunk: Uint8Array, chunks: number): Promise<[number, string]> {
  const headers = { ...AUTHORISED, 'content-type': type }
  const asking = request({ port: server.port, host: '127.0.0.1', method: 'POST', path, headers, agent: false })
  let sent = 0
  const pump = (): void => {
    while (sent++ < chunks) if (!asking.write(chunk)) return
    asking.end()
  }
  asking.on('drain', pump)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.on('response', resolve).on('error', reject)
    pump()
  })
  asking.on('error', () => undefined)
  let text = ''
  try {
    for await (const part of response.setEncoding('utf8')) text += part
  } catch {
    // Closed on us while we sent.
  }
  asking.destroy()
  return [response.statusCode ?? 0, text]
}

const MB = 2 ** 20

describe('what is too much', () => {
  it('is refused while it arrives: an event of a gigabyte', async () => {
    const [status, text] = await flood('/predict', 'application/json', Buffer.alloc(MB, 'x'), 1024)
    expect([status, JSON.parse(text).problems[0].field]).toEqual([413, 'body'])
  })

  it.each([
    ['a list with one element', 'application/json', '['],
    ['a line', 'application/x-ndjson', ''],
  ])('is kept nowhere: %s of half a gigabyte', async (_, type, opening) => {
    const chunk = Buffer.alloc(MB, 'x')
    chunk.write(opening)
    const [status, text] = await flood('/predict/batch', type, chunk, 512)
    expect(status === 200 ? JSON.parse(text).status : status).toSatisfy((told: number) => told === 400 || told === 413)
  })

  it.each([
    ['/predict', 'more'],
    ['/predict/batch', 'gzip that is more than 250 times larger decompressed'],
    ['/events', 'gzip that is more than 250 times larger decompressed'],
  ])('is not unpacked: a quarter of a gigabyte in a quarter of a megabyte, to %s', async (path, got) => {
    const bomb = gzipSync(Buffer.alloc(256 * MB, ' '))
    const headers = { ...AUTHORISED, 'content-encoding': 'gzip' }
    const from = performance.now()
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: bomb, headers })
    expect([answer.status, (await answer.json()).problems[0].got]).toEqual([413, got])
    expect(performance.now() - from).toBeLessThan(3000)
  })
})

describe('clients that mean no good', () => {
  it.each([
    ['headers', 'POST /predict HTTP/1.1\r\nHost: x\r\nX: '],
    [
      'body',
      `POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORISED.authorization}\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n`,
    ],
  ])('are let go where their %s comes drop by drop', async (field, beginning) => {
    const socket = connect(server.port, '127.0.0.1')
    let got = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text
    })
    const from = performance.now()
    socket.write(beginning)
    const dripping = setInterval(() => socket.write('x'), 500)
    await new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve))
    clearInterval(dripping)
    expect(performance.now() - from).toBeLessThan(15_000)
    expect(got).toMatch(new RegExp(`^HTTP/1\\.1 408 [\\s\\S]*"field":"${field}"`))
  })

  it('hold nobody up, six thousand of them at a time', async () => {
    const silent: Socket[] = []
    for (let i = 0; i < 6000; i++) silent.push(connect(server.port, '127.0.0.1').on('error', () => undefined))
    await until('all are connected, or refused', () => silent.every(({ connecting }) => !connecting))
    const from = performance.now()
    expect(await predict()).toBe(200)
    expect(performance.now() - from).toBeLessThan(3000)
    for (const socket of silent) socket.destroy()
  })
})
