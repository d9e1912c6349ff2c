import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../src/service/node/redis-client.ts'
import { type Server, until } from '../service/process.ts'
import { ordinary } from '../service/service.ts'
import { AUTHORISED, background, freePort, newFolder, servePublished } from './command.ts'

// A real redis-server, and two of the service beside each other.

const folder = newFolder()
let port = 0
let redis: ChildProcess
const url = (): string => `redis://127.0.0.1:${port}`

function startRedis(): ChildProcess {
  return background(
    'redis-server',
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
  )
}

beforeAll(async () => {
  port = await freePort()
  redis = startRedis()
  await until('redis answers', () =>
    connectRedis(url(), unwatched).then(
      ({ close }) => close().then(() => true),
      () => false,
    ),
  )
})

afterAll(async () => {
  redis.kill()
  await once(redis, 'exit')
  rmSync(folder, { recursive: true })
})

/** Who does not ask whether it is lost. */
const unwatched = { onLost: () => undefined, onBack: () => undefined }

const predict = ({ url: base }: Server, event: object): Promise<Response> =>
  fetch(`${base}/predict`, { method: 'POST', body: JSON.stringify(event), headers: AUTHORISED })

describe('baselines in Redis', () => {
  it('are kept, changed, read and forgotten', async () => {
    const { store, close } = await connectRedis(url(), unwatched)
    const baselines = store.open({ id: 'test', width: 3 })
    expect(await baselines.read('u')).toBeUndefined()
    await baselines.update('u', (baseline) => void baseline.set([0.1, -1e30, 7]))
    expect(await baselines.read('u')).toEqual(new Float32Array([0.1, -1e30, 7]))
    expect(await store.open({ id: 'other', width: 3 }).read('u')).toBeUndefined()
    expect(await baselines.readMany?.(['nobody', 'u'])).toEqual([undefined, new Float32Array([0.1, -1e30, 7])])
    expect([await baselines.delete('u'), await baselines.delete('u')]).toEqual([true, false])
    await close()
  })

  it('lose no update of many at a time, from several connections', async () => {
    const connections = await Promise.all([1, 2, 3].map(() => connectRedis(url(), unwatched)))
    const opened = connections.map(({ store }) => store.open({ id: 'concurrent', width: 2 }))
    const add = (baseline: Float32Array): void => {
      baseline[0] = (baseline[0] ?? 0) + 1
    }
    await Promise.all(
      Array.from({ length: 150 }, (_, i) => {
        const baselines = opened[i % 3]
        const key = `u${i % 2}`
        return i % 5 === 0 ? baselines?.updateMany?.([{ key, change: add }]) : baselines?.update(key, add)
      }),
    )
    expect(await opened[0]?.read('u0')).toEqual(new Float32Array([75, 0]))
    expect(await opened[1]?.read('u1')).toEqual(new Float32Array([75, 0]))
    await Promise.all(connections.map(({ close }) => close()))
  })

  it('are shared by two services, batches included', async () => {
    const [one, other] = await Promise.all([
      servePublished({ HEDGEROW_STORE: url() }),
      servePublished({ HEDGEROW_STORE: url() }),
    ])
    const event = { ...ordinary, user_id: 'shared' }
    const batch = fetch(`${one.url}/predict/batch`, {
      method: 'POST',
      body: JSON.stringify(Array.from({ length: 500 }, () => event)),
      headers: AUTHORISED,
    }).then((answer) => answer.json())
    await Promise.all(Array.from({ length: 20 }, () => predict(other, event)))
    await batch
    const { baseline } = await (await predict(one, event)).json()
    expect(baseline).toEqual({ level: 'user', events: 520 })
    await Promise.all([one.end(), other.end()])
  })

  it('are missed while Redis is away, and there when it is back', async () => {
    const service = await servePublished({ HEDGEROW_STORE: url() })
    const event = { ...ordinary, user_id: 'lasting' }
    expect((await predict(service, event)).status).toBe(200)
    redis.kill()
    await once(redis, 'exit')
    await until('the service knows', async () => (await fetch(`${service.url}/health`)).status === 503)
    const refused = await predict(service, event)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
    redis = startRedis()
    await until('the service is ready', async () => (await fetch(`${service.url}/health`)).status === 200)
    expect((await (await predict(service, event)).json()).baseline.events).toBe(1)
    await service.end()
  })

  it('are missed while Redis hangs, and there when it goes on', async () => {
    const service = await servePublished({ HEDGEROW_STORE: url() })
    const event = { ...ordinary, user_id: 'patient' }
    expect((await predict(service, event)).status).toBe(200)
    redis.kill('SIGSTOP')
    try {
      expect((await predict(service, event)).status).toBe(503)
      expect((await fetch(`${service.url}/health`)).status).toBe(503)
      await expect(connectRedis(url(), unwatched)).rejects.toThrow('redis: got no reply in time')
    } finally {
      redis.kill('SIGCONT')
    }
    await until('the service is ready', async () => (await fetch(`${service.url}/health`)).status === 200)
    expect((await (await predict(service, event)).json()).baseline.events).toBeGreaterThan(0)
    expect(await service.end()).toBe(0)
    const told = service.log.filter(({ msg }) => String(msg).startsWith('Redis'))
    expect(told).toMatchObject([
      { level: 'warn', msg: 'Redis lost', reason: 'no reply in time' },
      { level: 'info', msg: 'Redis back' },
    ])
  })

  it('are asked for at the start: a service that cannot reach them does not start', async () => {
    const started = servePublished({ HEDGEROW_STORE: `redis://user:hunter2@127.0.0.1:${await freePort()}` })
    await expect(started).rejects.toThrow(/HEDGEROW_STORE: got ECONNREFUSED/)
    await expect(started).rejects.not.toThrow(/hunter2/)
  })
})
