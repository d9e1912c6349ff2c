import { describe, expect, it } from 'vitest'
import type { BaselineStore } from '../../src/store/contract.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { StagedStore } from '../../src/store/staged.ts'
import { laterStore } from '../plugins/later-store.ts'

const LAYOUT = { id: 'test', width: 2 }

const add =
  (amount: number) =>
  (own: Float32Array): void => {
    own[0] = (own[0] ?? 0) + amount
  }

const stores: readonly (readonly [name: string, make: () => BaselineStore])[] = [
  ['at hand', () => new MemoryStore()],
  ['far away', laterStore],
]

describe.each(stores)('a stage on a store %s', (_, make) => {
  it('shows the batch what it has taught, and the store beneath nothing before it is committed', async () => {
    const store = make()
    const beneath = store.open(LAYOUT)
    await beneath.update('ada', add(1))
    const stage = new StagedStore(store)
    const staged = stage.open(LAYOUT)
    await staged.update('ada', add(10))
    await staged.update('ada', add(100))
    await staged.update('bob', add(5))
    expect((await staged.read('ada'))?.[0]).toBe(111)
    expect((await beneath.read('ada'))?.[0]).toBe(1)
    expect(await beneath.read('bob')).toBeUndefined()
    expect([...stage.changed()].map(([key, baseline]) => [key, baseline[0]])).toEqual([
      ['ada', 111],
      ['bob', 5],
    ])
    expect(stage.changes).toBe(3)
    await stage.commit()
    expect((await beneath.read('ada'))?.[0]).toBe(111)
    expect((await beneath.read('bob'))?.[0]).toBe(5)
    expect(stage.changes).toBe(0)
    expect([...stage.changed()]).toEqual([])
  })

  it('forgets what is discarded', async () => {
    const store = make()
    const stage = new StagedStore(store)
    const staged = stage.open(LAYOUT)
    await staged.update('ada', add(10))
    stage.discard()
    expect(await staged.read('ada')).toBeUndefined()
    await stage.commit()
    expect(await store.open(LAYOUT).read('ada')).toBeUndefined()
  })

  it('adds to what another stage has taught meanwhile', async () => {
    const store = make()
    const [one, other] = [new StagedStore(store), new StagedStore(store)]
    await Promise.all([one.open(LAYOUT).update('ada', add(1)), other.open(LAYOUT).update('ada', add(2))])
    await one.commit()
    await other.commit()
    expect((await store.open(LAYOUT).read('ada'))?.[0]).toBe(3)
  })

  it('makes every change where several of one user wait for the store at once', async () => {
    const stage = new StagedStore(make())
    const staged = stage.open(LAYOUT)
    await Promise.all([1, 2, 4, 8].map((amount) => staged.update('ada', add(amount))))
    expect((await staged.read('ada'))?.[0]).toBe(15)
  })
})

describe('a stage', () => {
  it('makes a change once only where nobody else has changed the baseline', async () => {
    const stage = new StagedStore(new MemoryStore())
    let calls = 0
    await stage.open(LAYOUT).update('ada', () => {
      calls++
    })
    await stage.commit()
    expect(calls).toBe(1)
  })

  it('commits in one trip where the store can', async () => {
    const memory = new MemoryStore()
    const trips: string[][] = []
    const store: BaselineStore = {
      open(layout) {
        const near = memory.open(layout)
        return {
          read: (key) => near.read(key),
          update: () => Promise.reject(new Error('one by one')),
          delete: (key) => near.delete(key),
          updateMany(changes) {
            trips.push(changes.map(({ key }) => key))
            for (const { key, change } of changes) near.update(key, change)
            return Promise.resolve()
          },
        }
      },
    }
    const stage = new StagedStore(store)
    const staged = stage.open(LAYOUT)
    for (const key of ['ada', 'bob', 'ada']) await staged.update(key, add(1))
    await stage.commit()
    expect(trips).toEqual([['ada', 'bob']])
    expect(memory.open(LAYOUT).read('ada')?.[0]).toBe(2)
  })

  it('deletes beneath at once: erasing a user waits for no batch', async () => {
    const store = new MemoryStore()
    store.open(LAYOUT).update('ada', add(1))
    const stage = new StagedStore(store)
    const staged = stage.open(LAYOUT)
    await staged.update('ada', add(1))
    expect(await staged.delete('ada')).toBe(true)
    await stage.commit()
    expect(store.open(LAYOUT).read('ada')).toBeUndefined()
  })
})
