import { env, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { DurableObjectStore } from '../../../src/store/durable-object.ts'

const layout = { id: 'test', width: 3 }
const open = (id: string) => new DurableObjectStore(env.BASELINES, { shards: 2 }).open({ ...layout, id })
const add = (place: number) => (baseline: Float32Array) => {
  baseline[place] = (baseline[place] ?? 0) + 1
}

describe('baselines in Durable Objects', () => {
  it('are none before the first change, and then what changes made of zeros', async () => {
    const baselines = open('plain')
    expect(await baselines.read('u')).toBeUndefined()
    await baselines.update('u', add(0))
    await baselines.update('u', add(2))
    expect(await baselines.read('u')).toEqual(new Float32Array([1, 0, 1]))
  })

  it('lose no update of many at a time', async () => {
    const baselines = open('concurrent')
    await Promise.all(Array.from({ length: 60 }, (_, i) => baselines.update(`u${i % 3}`, add(i % 2))))
    const [first, second, third] = (await baselines.readMany?.(['u0', 'u1', 'u2'])) ?? []
    for (const baseline of [first, second, third]) expect(baseline).toEqual(new Float32Array([10, 10, 0]))
  })

  it('take several changes in one trip, those of one key in order', async () => {
    const baselines = open('many')
    const set = (value: number) => (baseline: Float32Array) => {
      baseline[1] = 10 * (baseline[1] ?? 0) + value
    }
    const changes = [1, 2, 3].flatMap((value) => ['a', 'b', 'c'].map((key) => ({ key, change: set(value) })))
    await baselines.updateMany?.(changes)
    expect(await baselines.readMany?.(['c', 'nobody', 'a'])).toEqual([
      new Float32Array([0, 123, 0]),
      undefined,
      new Float32Array([0, 123, 0]),
    ])
  })

  it('are forgotten one by one, and kept apart by layout', async () => {
    const [one, other] = [open('one'), open('other')]
    await one.update('u', add(0))
    expect(await other.read('u')).toBeUndefined()
    expect(await other.delete('u')).toBe(false)
    expect(await one.delete('u')).toBe(true)
    expect(await one.read('u')).toBeUndefined()
  })

  it('are forgotten when nobody has changed them for ninety days', async () => {
    const baselines = new DurableObjectStore(env.BASELINES, { shards: 1 }).open({ ...layout, id: 'old' })
    await baselines.update('old', add(0))
    await baselines.update('new', add(0))
    const shard = env.BASELINES.get(env.BASELINES.idFromName('baselines-0'))
    await runInDurableObject(shard, (_, { storage }) => {
      storage.sql.exec("UPDATE baselines SET changed_ms = changed_ms - 91 * 86400000 WHERE key = 'old'")
    })
    expect(await runDurableObjectAlarm(shard)).toBe(true)
    expect(await baselines.read('old')).toBeUndefined()
    expect(await baselines.read('new')).toEqual(new Float32Array([1, 0, 0]))
  })
})
