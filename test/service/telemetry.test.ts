import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, until } from './process.ts'
import { example } from './service.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

describe('OpenTelemetry', { timeout: 30_000 }, () => {
  let collector: HttpServer
  let received = ''
  beforeAll(async () => {
    collector = createServer(async (request, response) => {
      for await (const chunk of request.setEncoding('utf8')) received += chunk
      response.setHeader('content-type', 'application/json').end('{}')
    })
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => collector.close())

  it('is sent what the standard variables ask for, with no word of who it was', async () => {
    const { port } = collector.address() as AddressInfo
    const server = await serve({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'guard',
    })
    const body = JSON.stringify({ ...example, user_id: 'alice' })
    await fetch(`${server.url}/predict`, { method: 'POST', body, headers: JSON_TYPE })
    await fetch(`${server.url}/users/alice`)
    await fetch(`${server.url}/people/alice?of=alice`)
    await fetch(`${server.url}/predict`, { method: 'POST', body: '{"user_id":"alice"}', headers: JSON_TYPE })
    expect(await server.end()).toBe(0)
    expect(received).toContain('"guard"')
    // What is refused is no failure of the service.
    expect(received).not.toContain('exception')
    expect(received).toContain('anomaly.isolation_score')
    expect(received).toContain('POST /predict')
    expect(received).toContain('anomaly.detected')
    expect(received).toContain('anomaly.evaluations')
    expect(received + JSON.stringify(server.log)).not.toContain('alice')
  })

  it('is sent metrics as often as it asks for, with the version of the service', async () => {
    const { port } = collector.address() as AddressInfo
    received = ''
    const server = await serve({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_RESOURCE_ATTRIBUTES: 'team=garden',
    })
    await fetch(`${server.url}/predict`, { method: 'POST', body: JSON.stringify(example), headers: JSON_TYPE })
    await until('metrics come while it runs', () => received.includes('anomaly.evaluations'))
    expect(received).toMatch(/"service.version","value":\{"stringValue":"\d+\.\d+\.\d+/)
    expect(received).toContain('garden')
    expect(await server.end()).toBe(0)
  })

  it('has the log say that the collector is away, once and not with every batch', async () => {
    const server = await serve({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await portOfNobody()}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    })
    await fetch(`${server.url}/predict`, { method: 'POST', body: JSON.stringify(example), headers: JSON_TYPE })
    const told = () => server.log.filter(({ msg }) => msg === 'opentelemetry')
    await until('the failure is told', () => told().length > 0)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(told()).toMatchObject([{ level: 'error', reason: expect.stringContaining('ECONNREFUSED') }])
    await server.end()
  })

  it('is not started with names that it does not know', async () => {
    const started = serve({ OTEL_TRACES_EXPORTER: 'oltp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http', HEDGEROW_PORT: 'x' })
    await expect(started).rejects.toThrow(
      /HEDGEROW_PORT: .*\nOTEL_TRACES_EXPORTER: got "oltp", .*\nOTEL_EXPORTER_OTLP_PROTOCOL: got "http", /,
    )
  })
})

async function portOfNobody(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
