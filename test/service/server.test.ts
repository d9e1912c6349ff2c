import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Server, sendRaw, serve, until } from './process.ts'
import { example, ordinary } from './service.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const body = JSON.stringify(ordinary)

async function predict({ url }: Server, event: object = ordinary): Promise<Response> {
  return fetch(`${url}/predict`, { method: 'POST', body: JSON.stringify(event), headers: JSON_TYPE })
}

describe('hedgerow serve', { timeout: 30_000 }, () => {
  let server: Server
  beforeAll(async () => {
    server = await serve({ HEDGEROW_BODY_TIMEOUT_SEC: '1', HEDGEROW_IDLE_TIMEOUT_SEC: '1' })
  })
  afterAll(() => server.end())
  /** Whatever was done to it: the next good request is answered. */
  afterEach(async () => {
    expect((await predict(server)).status).toBe(200)
  })

  it('answers, and logs each request as JSON with its trace', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const answer = await fetch(`${server.url}/predict`, {
      method: 'POST',
      body: JSON.stringify(example),
      headers: { ...JSON_TYPE, traceparent },
    })
    expect(await answer.json()).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98 })
    await until('the request is logged', () => server.log.some(({ status }) => status === 200))
    expect(server.log.find(({ anomaly }) => anomaly === true)).toMatchObject({
      level: 'info',
      method: 'POST',
      route: '/predict',
      status: 200,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      user_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
      client_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
      duration_ms: expect.any(Number),
    })
  })

  it("gives its metrics in Prometheus' format", async () => {
    await predict(server)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toMatch(/^anomaly_evaluations_total\{.*http_route="\/predict".*\} \d+$/m)
    expect(metrics).toMatch(/^anomaly_score_bucket\{/m)
    expect(metrics).toMatch(/^http_server_request_duration_count\{/m)
    expect(metrics).toMatch(/^target_info\{.*service_version="\d+\.\d+\.\d+/m)
    expect(metrics).not.toContain('ordinary')
  })

  it('serves the documentation page with all that it needs', async () => {
    const page = await (await fetch(`${server.url}/docs`)).text()
    const needed = [...page.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, path]) => path)
    expect(needed).toHaveLength(3)
    for (const path of needed) expect((await fetch(`${server.url}/${path}`)).status).toBe(200)
    expect(page).not.toContain('//')
  })

  it('answers the first rows of a batch before the last is sent', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
    const head =
      'POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked'
    socket.write(`${head}\r\n\r\n${chunk(`${body}\n`)}`)
    let got = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text
    })
    const answers = (): number => got.split('"anomaly_score"').length - 1
    await until('the first answer is there', () => answers() === 1)
    socket.write(chunk(`${body}\n${body}\n`))
    await until('the next answers are there', () => answers() === 3)
    socket.write('0\r\n\r\n')
    await until('the response ends', () => got.endsWith('0\r\n\r\n'))
    socket.destroy()
  })

  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['another protocol', `${'\u0016\u0003\u0001'}\u0000\u0000`.repeat(20), 400],
    ['a host that is none', 'GET /health HTTP/1.1\r\nHost: a b/c?\r\nConnection: close\r\n\r\n', 400],
    ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two lengths', `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    [
      'a length and chunks, as a smuggler has it',
      'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['headers over the limit', `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'a body that does not come',
      'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"user',
      408,
    ],
    [
      'a batch that pauses',
      'POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n',
      408,
    ],
    [
      'a body that announces too much',
      'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n{',
      413,
    ],
  ])('refuses %s, and closes', async (_, text, status) => {
    const got = await sendRaw(server.port, text)
    expect(got).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it('lets go of a client that leaves in the middle of a batch', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const head =
      'POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 99999999'
    socket.write(`${head}\r\n\r\n${`${body}\n`.repeat(2000)}`)
    await until('answers come', () => socket.bytesRead > 0)
    socket.destroy()
    await until('the batch is over', () =>
      server.log.some(({ route, rows }) => route === '/predict/batch' && Number(rows) > 0),
    )
  })

  it('answers others while two thousand connections say nothing', async () => {
    const idle: Socket[] = []
    for (let i = 0; i < 2000; i++) idle.push(connect(server.port, '127.0.0.1').on('error', () => undefined))
    await until('all are connected', () => idle.every(({ readyState }) => readyState === 'open'))
    expect((await predict(server)).status).toBe(200)
    for (const socket of idle) socket.destroy()
  })
})

describe('hedgerow serve, when it ends', { timeout: 30_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-serve-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('loses no request that it accepted, and goes on where it was', async () => {
    const HEDGEROW_BASELINES = join(folder, 'baselines')
    const server = await serve({ HEDGEROW_BASELINES, HEDGEROW_DRAIN_DELAY_SEC: '1' })
    let [sent, answered, refused] = [0, 0, 0]
    let ending = false
    const lost: unknown[] = []
    const client = async (): Promise<void> => {
      for (;;) {
        sent++
        try {
          const response = await predict(server)
          if ((await response.json()).anomaly_score > 0) answered++
        } catch (error) {
          // A connection that the system took while the server closed, and the server never did, is reset. That nothing
          // was lost that the server had accepted is told by what it has learnt, below.
          const { code } = (error as { cause?: { code?: string } }).cause ?? {}
          if (ending && (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'UND_ERR_SOCKET')) refused++
          else lost.push(error)
          return
        }
      }
    }
    const clients = Array.from({ length: 20 }, client)
    await until('there is load', () => answered > 300)
    ending = true
    const code = server.end()
    await Promise.all(clients)
    expect(lost).toEqual([])
    expect(await code).toBe(0)
    expect(answered + refused).toBe(sent)
    expect(refused).toBe(20)

    const again = await serve({ HEDGEROW_BASELINES })
    const { baseline } = await (await predict(again)).json()
    await again.end()
    expect(baseline.events).toBe(answered)
    expect(server.log.find(({ msg }) => msg === 'baselines saved')).toMatchObject({ level: 'info', users: 1 })
    expect(again.log.find(({ msg }) => msg === 'listening')).toMatchObject({ baselines_restored: 1 })
  })

  it('answers a batch to its end, as far as it comes in time', async () => {
    const server = await serve()
    const socket = connect(server.port, '127.0.0.1')
    let got = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text
    })
    const head = `POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${3 * (body.length + 1)}`
    socket.write(`${head}\r\n\r\n${body}\n`)
    await until('the first answer is there', () => got.includes('anomaly_score'))
    const code = server.end()
    await until('it ends', () => server.log.some(({ msg }) => msg === 'ending'))
    socket.write(`${body}\n${body}\n`)
    expect(await code).toBe(0)
    expect(got.split('"anomaly_score"')).toHaveLength(4)
  })

  it('saves from time to time too', async () => {
    const HEDGEROW_BASELINES = join(folder, 'saved')
    const server = await serve({ HEDGEROW_BASELINES, HEDGEROW_SAVE_SEC: '1' })
    await predict(server)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    server.child.kill('SIGKILL')
    const again = await serve({ HEDGEROW_BASELINES })
    expect((await (await predict(again)).json()).baseline.events).toBe(1)
    await again.end()
  })

  it('says all that is wrong with its configuration, and does not start', async () => {
    const started = serve({
      HEDGEROW_PORT: 'x',
      HEDGEROW_MODEL: '/nowhere',
      HEDGEROW_HOST: '0.0.0.0',
      HEDGEROW_BASELINES: '/nowhere/at/all',
    })
    await expect(started).rejects.toThrow(
      /ended with 1: HEDGEROW_PORT: got "x".*\nHEDGEROW_HOST: .*\nHEDGEROW_MODEL: .*no such file.*\nHEDGEROW_BASELINES: .*no such.*\nhedgerow: the configuration/,
    )
  })
})
