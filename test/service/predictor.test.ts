import { describe, expect, it } from 'vitest'
import type { BaselineStore } from '../../src/store/contract.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { ordinary, startService } from './service.ts'

describe('a store that others write to at the same time', () => {
  it('has an event counted once for drift, however often it is learnt', async () => {
    const store = new MemoryStore()
    const busy: BaselineStore = {
      open(layout) {
        const baselines = store.open(layout)
        let calls = 0
        return {
          read: (key) => baselines.read(key),
          delete: (key) => baselines.delete(key),
          update(key, change) {
            // Somebody else was faster, for one event in three.
            if (calls++ % 3 === 0) change((baselines.read(key) ?? new Float32Array(layout.width)).slice())
            return baselines.update(key, change)
          },
        }
      },
    }
    const [calm, contended] = [startService(), startService({ store: busy })]
    for (let i = 0; i < 30; i++) {
      const event = JSON.stringify({ ...ordinary, user_id: i, hour_of_day: i % 3 === 0 ? 3 : 11 })
      for (const { post } of [calm, contended]) await post('/predict', event)
    }
    expect(contended.predictor.drift.report()).toEqual(calm.predictor.drift.report())
    expect(Math.max(...calm.predictor.drift.report().map(({ psi }) => psi))).toBeGreaterThan(0)
  })
})
