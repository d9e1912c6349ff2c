import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultModel } from '../../model/default.ts'
import { MemoryBaselines, MemoryStore } from '../../src/store/memory.ts'
import { usedBytes } from '../used-memory.ts'

const WIDTH = defaultModel().featureSet.layout.width
/** Changes after which a user has come back, and is protected. */
const COMES_BACK_AFTER = 8

const count = (baseline: Float32Array): void => {
  baseline[0] = (baseline[0] as number) + 1
}

function visit(baselines: MemoryBaselines, key: string, times = 1): void {
  for (let i = 0; i < times; i++) baselines.update(key, count)
}

describe('a memory store', () => {
  it('keeps what it is told, key by key', () => {
    const baselines = new MemoryStore().open({ id: 'a', width: 3 })
    expect(baselines.read('alice')).toBeUndefined()
    baselines.update('alice', (baseline) => baseline.set([1, 2, 3]))
    baselines.update('bob', (baseline) => baseline.set([4, 5, 6]))
    baselines.update('alice', (baseline) => {
      baseline[0] = (baseline[0] as number) + 10
    })
    expect([baselines.read('alice'), baselines.read('bob')]).toEqual([
      Float32Array.of(11, 2, 3),
      Float32Array.of(4, 5, 6),
    ])
    expect(baselines.size).toBe(2)
  })

  it('keeps baselines of different layouts apart, and gives the same ones for the same layout', () => {
    const store = new MemoryStore()
    store.open({ id: 'a', width: 3 }).update('alice', count)
    expect(store.open({ id: 'b', width: 3 }).read('alice')).toBeUndefined()
    expect(store.open({ id: 'a', width: 4 }).read('alice')).toBeUndefined()
    expect(store.open({ id: 'a', width: 3 }).read('alice')).toEqual(Float32Array.of(1, 0, 0))
  })

  it('forgets a user, and begins anew with nothing of what was there', () => {
    const baselines = new MemoryBaselines(3, 16)
    baselines.update('alice', (baseline) => baseline.fill(7))
    expect([baselines.delete('alice'), baselines.delete('alice'), baselines.size]).toEqual([true, false, 0])
    expect(baselines.read('alice')).toBeUndefined()
    baselines.update('bob', () => undefined)
    expect(baselines.read('bob')).toEqual(new Float32Array(3))
  })

  it('gives a slot to somebody else with nothing of the one before', () => {
    const baselines = new MemoryBaselines(3, 16)
    for (let i = 0; i < 100; i++) {
      baselines.update(`user${i}`, (baseline) => {
        expect(baseline).toEqual(new Float32Array(3))
        baseline.fill(i + 1)
      })
    }
  })

  it('refuses a bound that is none', () => {
    expect(() => new MemoryStore({ maxUsers: 15 })).toThrow('maxUsers: got 15, wanted an integer from 16 to 10000000')
    expect(() => new MemoryStore({ maxKeys: 100 } as never)).toThrow(
      'MemoryStore: got an option maxKeys, wanted maxUsers',
    )
  })

  it('is as safe for keys that are names of every object’s own', () => {
    const baselines = new MemoryBaselines(3, 16)
    for (const key of ['__proto__', 'constructor', 'toString', '']) {
      expect(baselines.read(key)).toBeUndefined()
      visit(baselines, key)
      expect(baselines.read(key)).toEqual(Float32Array.of(1, 0, 0))
    }
  })
})

describe('the bound of a memory store', () => {
  it('holds whatever keys arrive', () => {
    const baselines = new MemoryBaselines(2, 100)
    for (let i = 0; i < 10_000; i++) {
      visit(baselines, `user${i}`)
      if (baselines.size > 100) throw new Error(`got ${baselines.size} users`)
    }
    expect(baselines.size).toBe(100)
  })

  it('keeps users who came back through a flood of invented names', () => {
    const baselines = new MemoryBaselines(2, 100)
    const known = Array.from({ length: 80 }, (_, i) => `known${i}`)
    for (const key of known) visit(baselines, key, COMES_BACK_AFTER)
    for (let i = 0; i < 100_000; i++) visit(baselines, `invented${i}`)
    expect(known.filter((key) => baselines.read(key)?.[0] !== COMES_BACK_AFTER)).toEqual([])
  })

  it('keeps them also where the invented names come a few times each', () => {
    const baselines = new MemoryBaselines(2, 100)
    for (let i = 0; i < 80; i++) visit(baselines, `known${i}`, COMES_BACK_AFTER)
    for (let i = 0; i < 10_000; i++) visit(baselines, `invented${i}`, COMES_BACK_AFTER - 1)
    expect(baselines.read('known0')).toEqual(Float32Array.of(COMES_BACK_AFTER, 0))
  })

  it('lets new users in where all places are taken by users who came back', () => {
    const baselines = new MemoryBaselines(2, 100)
    for (let i = 0; i < 100; i++) visit(baselines, `known${i}`, COMES_BACK_AFTER)
    visit(baselines, 'new', COMES_BACK_AFTER)
    expect(baselines.read('new')).toEqual(Float32Array.of(COMES_BACK_AFTER, 0))
    expect(baselines.size).toBe(100)
  })

  it('is not moved by reading: to look somebody up is not to be him', () => {
    const baselines = new MemoryBaselines(2, 16)
    for (let i = 0; i < 16; i++) visit(baselines, `user${i}`)
    for (let i = 0; i < 100; i++) baselines.read('user0')
    visit(baselines, 'new')
    expect(baselines.read('user0')).toBeUndefined()
  })
})

/** The same policy, written down as plainly as it can be: two lists of keys, the one longest unused first. */
class PlainStore {
  readonly #maxUsers: number
  readonly #values = new Map<string, { value: number; changes: number }>()
  #probation: string[] = []
  #protected: string[] = []

  constructor(maxUsers: number) {
    this.#maxUsers = maxUsers
  }

  visit(key: string): void {
    let entry = this.#values.get(key)
    if (entry === undefined) {
      if (this.#values.size === this.#maxUsers) this.#values.delete(this.#probation.shift() ?? '')
      entry = { value: 0, changes: 0 }
      this.#values.set(key, entry)
    }
    this.#remove(key)
    entry.value++
    entry.changes = Math.min(COMES_BACK_AFTER, entry.changes + 1)
    if (entry.changes < COMES_BACK_AFTER) {
      this.#probation.push(key)
      return
    }
    this.#protected.push(key)
    if (this.#protected.length <= Math.floor(this.#maxUsers * 0.8)) return
    const demoted = this.#protected.shift() ?? ''
    const demotedEntry = this.#values.get(demoted)
    if (demotedEntry !== undefined) demotedEntry.changes = COMES_BACK_AFTER - 1
    this.#probation.push(demoted)
  }

  delete(key: string): boolean {
    this.#remove(key)
    return this.#values.delete(key)
  }

  entries(): [string, number][] {
    return [...this.#probation, ...this.#protected].map((key) => [key, this.#values.get(key)?.value ?? Number.NaN])
  }

  #remove(key: string): void {
    this.#probation = this.#probation.filter((other) => other !== key)
    this.#protected = this.#protected.filter((other) => other !== key)
  }
}

describe('a memory store and one written plainly', () => {
  it('hold the same users in the same order after any sequence of visits and deletions', () => {
    const key = fc.integer({ min: 0, max: 24 }).map((i) => `user${i}`)
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ visit: key, times: fc.integer({ min: 1, max: 9 }) }) },
      { weight: 1, arbitrary: fc.record({ forget: key }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const baselines = new MemoryBaselines(2, 16)
        const plain = new PlainStore(16)
        for (const each of steps) {
          if ('forget' in each) {
            expect(baselines.delete(each.forget)).toBe(plain.delete(each.forget))
            continue
          }
          for (let i = 0; i < each.times; i++) {
            visit(baselines, each.visit)
            plain.visit(each.visit)
          }
        }
        expect(Array.from(baselines.entries(), ([name, baseline]) => [name, baseline[0]])).toEqual(plain.entries())
        expect(baselines.size).toBe(plain.entries().length)
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('the memory of 50,000 users', () => {
  it('is at most 480 bytes each, of which the baseline is 344 and a key of 36 characters some 100', () => {
    const before = usedBytes()
    const baselines = new MemoryBaselines(WIDTH, 50_000)
    for (let i = 0; i < 50_000; i++) visit(baselines, `${String(i).padStart(12, '0')}-6f2c-4c1e-9b7a-000000`)
    const bytes = (usedBytes() - before) / 50_000
    expect(baselines.size).toBe(50_000)
    expect(bytes).toBeLessThan(480)
    expect(bytes).toBeGreaterThan(4 * WIDTH)
  })
})
