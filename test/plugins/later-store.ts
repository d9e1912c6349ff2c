import type { BaselineStore } from '../../src/store/contract.ts'
import { MemoryStore } from '../../src/store/memory.ts'

/** A store that answers like one that is far away: later, and not in the order of the questions. */
export function laterStore(): BaselineStore {
  const memory = new MemoryStore()
  let asked = 0
  const later = async <T>(answer: () => T): Promise<T> => {
    asked++
    for (let turns = (asked * 7) % 5; turns >= 0; turns--) await new Promise(setImmediate)
    return answer()
  }
  return {
    open(layout) {
      const near = memory.open(layout)
      return {
        read: (key) => later(() => near.read(key)?.slice()),
        update: (key, change) => later(() => near.update(key, change)),
        delete: (key) => later(() => near.delete(key)),
      }
    },
  }
}
