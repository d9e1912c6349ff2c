import { devNull } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { EventProblem } from '../../src/event.ts'
import { readNodeConfiguration } from '../../src/service/node/configuration.ts'

const KEY = 'predict:0123456789abcdefghij'

function read(given: Readonly<Record<string, string>>) {
  const problems: EventProblem[] = []
  const configuration = readNodeConfiguration(given, problems)
  return { configuration, problems, fields: problems.map(({ field }) => field) }
}

describe('the configuration on Node', () => {
  it('needs nothing, and then listens on loopback alone', () => {
    const { configuration, problems } = read({ PATH: '/bin', HEDGEROW_PORT: '' })
    expect(problems).toEqual([])
    expect(configuration).toMatchObject({ host: '127.0.0.1', port: 8000, modelPath: undefined, redisUrl: undefined })
  })

  it('names everything that is wrong at once, and shows no secret', () => {
    const { problems, fields } = read({
      HEDGEROW_PORT: '80000',
      HEDGEROW_FLAG_AT: 'high',
      HEDGEROW_KEYS: 'predict:short',
      HEDGEROW_STORE: 'http://user:hunter2@redis',
      HEDGEROW_CORS_ORIGINS: 'https://a.example.com, *',
      HEDGEROW_TRUSTED_PROXIES: '10.0.0.0/8, nginx',
      HEDGEROW_ADAPTIVE: '0.99,0.9',
      HEDGEROW_INSECURE: 'yes',
      HEDGEROW_HASH_KEY: 'tooshort',
      HEDGEROW_PROT: '8000',
    })
    expect(fields.sort()).toEqual(
      [
        'ADAPTIVE',
        'CORS_ORIGINS',
        'FLAG_AT',
        'HASH_KEY',
        'INSECURE',
        'KEYS',
        'PORT',
        'PROT',
        'STORE',
        'TRUSTED_PROXIES',
      ].map((name) => `HEDGEROW_${name}`),
    )
    expect(problems).toContainEqual({ field: 'HEDGEROW_PORT', got: '"80000"', wanted: 'an integer from 0 to 65535' })
    expect(JSON.stringify(problems)).toContain('entry 1 with a secret of 5 characters')
    expect(JSON.stringify(problems)).not.toMatch(/short"|hunter2/)
  })

  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('refuses to listen at %s without a key', (host) => {
    expect(read({ HEDGEROW_HOST: host }).fields).toEqual(['HEDGEROW_HOST'])
    expect(read({ HEDGEROW_HOST: host, HEDGEROW_KEYS: KEY }).fields).toEqual([])
    expect(read({ HEDGEROW_HOST: host, HEDGEROW_INSECURE: 'true' }).fields).toEqual([])
  })

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('listens at %s without a key', (host) => {
    expect(read({ HEDGEROW_HOST: host }).fields).toEqual([])
  })

  it('takes no notice of what Kubernetes says of a Service with its name', () => {
    const links = {
      HEDGEROW_SERVICE_HOST: '10.0.0.1',
      HEDGEROW_SERVICE_PORT: '8000',
      HEDGEROW_SERVICE_PORT_HTTP: '8000',
      HEDGEROW_PORT: 'tcp://10.0.0.1:8000',
      HEDGEROW_PORT_8000_TCP: 'tcp://10.0.0.1:8000',
      HEDGEROW_PORT_8000_TCP_ADDR: '10.0.0.1',
      HEDGEROW_PORT_8000_TCP_PORT: '8000',
      HEDGEROW_PORT_8000_TCP_PROTO: 'tcp',
    }
    const { configuration, problems } = read(links)
    expect(problems).toEqual([])
    expect(configuration.port).toBe(8000)
    expect(read({ ...links, HEDGEROW_PORT: '9000' }).configuration.port).toBe(9000)
    expect(read({ ...links, HEDGEROW_SERVICES_HOST: 'x', HEDGEROW_PORT: 'http://x' }).fields).toEqual([
      'HEDGEROW_SERVICES_HOST',
      'HEDGEROW_PORT',
    ])
  })

  it('refuses one port for both protocols', () => {
    expect(read({ HEDGEROW_HTTP2_PORT: '8000' }).problems).toEqual([
      {
        field: 'HEDGEROW_HTTP2_PORT',
        got: '8000',
        wanted: 'another port than HEDGEROW_PORT, which speaks HTTP/1.1',
      },
    ])
    expect(read({ HEDGEROW_PORT: '0', HEDGEROW_HTTP2_PORT: '0' }).problems).toEqual([])
  })

  it('tells what is for Workers from what nobody knows', () => {
    const { problems } = read({ HEDGEROW_SHARDS: '16', HEDGEROW_STORE: 'durable-object', HEDGEROW_SHADOWS: '1' })
    expect(problems).toMatchObject([
      { field: 'HEDGEROW_SHARDS', got: 'a setting for Workers only' },
      { field: 'HEDGEROW_SHADOWS', got: 'a setting that is not known' },
      { field: 'HEDGEROW_STORE', wanted: expect.stringContaining('durable-object, which is for Workers only') },
    ])
  })

  it('keeps silent connections for longer than a body may pause', () => {
    expect(read({}).configuration.silenceMs).toBe(60_000)
    expect(read({ HEDGEROW_IDLE_TIMEOUT_SEC: '300' }).configuration.silenceMs).toBe(330_000)
    expect(read({ HEDGEROW_BODY_TIMEOUT_SEC: '120' }).configuration.silenceMs).toBe(150_000)
  })

  it('refuses a file of baselines beside Redis', () => {
    expect(read({ HEDGEROW_STORE: 'redis://localhost', HEDGEROW_BASELINES: 'b' }).fields).toEqual([
      'HEDGEROW_BASELINES',
    ])
  })

  it('says which file of keys cannot be read', () => {
    const { problems } = read({ HEDGEROW_KEYS_FILE: '/nowhere/keys' })
    expect(problems).toMatchObject([{ field: 'HEDGEROW_KEYS_FILE', got: 'no such file or folder' }])
  })

  it('takes no keys that are none for leave to serve everybody', () => {
    const blank = read({ HEDGEROW_KEYS: ' \n', HEDGEROW_HOST: '0.0.0.0' })
    expect(blank.fields).toEqual(['HEDGEROW_KEYS', 'HEDGEROW_HOST'])
    expect(read({ HEDGEROW_KEYS_FILE: devNull }).problems).toEqual([
      { field: 'HEDGEROW_KEYS_FILE', got: 'an empty file', wanted: 'a file of keys' },
    ])
  })
})
