import { type BaselineStore, type Baselines, MemoryStore, type StoreLayout } from '../../middleware/index.ts'

/** A memory store that tells under which keys it was read and changed. */
export class WatchedStore implements BaselineStore {
  readonly #inner = new MemoryStore({ maxUsers: 1000 })
  readonly reads: string[] = []
  readonly updates: string[] = []

  open(layout: StoreLayout): Baselines {
    const inner = this.#inner.open(layout)
    return {
      read: (key) => {
        this.reads.push(key)
        return inner.read(key)
      },
      update: (key, change) => {
        this.updates.push(key)
        return inner.update(key, change)
      },
      delete: (key) => inner.delete(key),
    }
  }
}

/** A store as over a network: every answer takes a while, and may fail. */
export class RemoteStore implements BaselineStore {
  readonly #inner = new MemoryStore({ maxUsers: 1000 })
  /** Milliseconds that reading takes; Infinity: for ever. */
  readMs = 1
  updateMs = 1
  failsToRead = false
  failsToUpdate = false
  updates = 0

  open(layout: StoreLayout): Baselines {
    const inner = this.#inner.open(layout)
    return {
      read: async (key) => {
        await after(this.readMs)
        if (this.failsToRead) throw new Error('the store is gone')
        return inner.read(key)?.slice()
      },
      update: async (key, change) => {
        await after(this.updateMs)
        if (this.failsToUpdate) throw new Error('the store is gone')
        inner.update(key, change)
        this.updates++
      },
      delete: async (key) => inner.delete(key),
    }
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (Number.isFinite(ms)) setTimeout(resolve, ms)
  })
}
