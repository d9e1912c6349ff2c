import type { BaselineStore } from '../../src/store/contract.ts'
import { MemoryStore } from '../../src/store/memory.ts'

/** A store that never answers while it hangs, and at once otherwise, though as a far one does. */
export class HungStore implements BaselineStore {
  /** What hangs: nothing, all, or what would change something. */
  hangs: 'nothing' | 'everything' | 'learning' = 'everything'
  /** Calls so far. */
  calls = 0
  readonly #memory = new MemoryStore()

  open(...[layout]: Parameters<BaselineStore['open']>): ReturnType<BaselineStore['open']> {
    const near = this.#memory.open(layout)
    const far = async <T>(hangs: boolean, answer: () => T): Promise<T> => {
      this.calls++
      return hangs ? new Promise<T>(() => undefined) : answer()
    }
    return {
      read: (key) => far(this.hangs === 'everything', () => near.read(key)?.slice()),
      update: (key, change) => far(this.hangs !== 'nothing', () => near.update(key, change)),
      delete: (key) => far(this.hangs !== 'nothing', () => near.delete(key)),
    }
  }
}
