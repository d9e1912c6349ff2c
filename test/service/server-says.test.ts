import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server, serve, until } from './process.ts'
import { ordinary } from './service.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const body = JSON.stringify(ordinary)

describe('hedgerow serve, to whoever runs it,', { timeout: 30_000 }, () => {
  let server: Server
  beforeAll(async () => {
    server = await serve()
  })
  afterAll(() => server.end())

  it('tells drift when there are events enough to know it, and not before', async () => {
    const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text()
    expect(await metrics()).not.toMatch(/^anomaly_feature_drift\{/m)
    const many = `[${Array.from({ length: 1000 }, () => body).join()}]`
    await (await fetch(`${server.url}/predict/batch`, { method: 'POST', body: many, headers: JSON_TYPE })).text()
    expect(await metrics()).toMatch(/^anomaly_feature_drift\{feature="hour_surprise"/m)
  })

  it('says in the log why a request was refused, and of its health only where asked to', async () => {
    const refused = await fetch(`${server.url}/nowhere`)
    await fetch(`${server.url}/health`)
    const { detail } = await refused.json()
    await until('the refusal is logged', () => server.log.some(({ status }) => status === 404))
    expect(server.log.find(({ status }) => status === 404)).toMatchObject({ level: 'warn', detail })
    expect(server.log.some(({ route }) => route === '/health')).toBe(false)
  })

  it('says at the start what it serves with', () => {
    const started = server.log.find(({ msg }) => msg === 'listening')
    expect(started).toMatchObject({ level: 'info', store: 'memory', keys_asked_for: false })
    expect(started).not.toHaveProperty('baselines_restored')
  })
})

describe('hedgerow serve, where it cannot start,', { timeout: 30_000 }, () => {
  it('says which address it cannot have, and by which setting', async () => {
    const taken = await serve()
    const told = (settings: Readonly<Record<string, string>>) => serve({ HEDGEROW_INSECURE: 'true', ...settings })
    const { port } = taken
    await expect(told({ HEDGEROW_PORT: String(port) })).rejects.toThrow(/HEDGEROW_PORT: got .*EADDRINUSE/)
    await expect(told({ HEDGEROW_HTTP2_PORT: String(port) })).rejects.toThrow(/HEDGEROW_HTTP2_PORT: got .*EADDRINUSE/)
    await expect(told({ HEDGEROW_HOST: '192.0.2.1' })).rejects.toThrow(/HEDGEROW_HOST: got "192.0.2.1".*EADDRNOTAVAIL/)
    await taken.end()
  })

  it('names a folder where a file should be, once', async () => {
    await expect(serve({ HEDGEROW_MODEL: tmpdir() })).rejects.toThrow(
      /HEDGEROW_MODEL: got cannot read [^,]*: is a folder, wanted a model file\n/,
    )
  })
})
