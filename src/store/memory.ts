import { expectInteger, expectKnown } from '../options.ts'
import type { BaselineStore, Baselines, StoreLayout } from './contract.ts'
import { SlotList } from './slot-list.ts'

export interface MemoryStoreOptions {
  /** Most users kept, 16 to 10,000,000. Default 50,000: some 20 MB. */
  readonly maxUsers?: number
}

/** A user's baseline, and whether the user came back often enough to be protected from eviction. */
export type BaselineEntry = readonly [key: string, baseline: Float32Array, cameBack: boolean]

const PAGE_SLOTS = 1024

/** Of ten slots, this many are kept for users who came back. */
const PROTECTED_TENTHS = 8

/** From this many changes on, a user has come back. */
const COMES_BACK_AFTER = 8

/**
 * Baselines in the memory of this process, with a hard bound whatever keys arrive.
 *
 * Eviction is a segmented LRU (Karedla, Love, Wherry 1994): a new user is on probation and only one who came back is
 * protected, so a flood of invented names pushes out invented names, not the users that the application knows.
 * Baselines lie in pages of one flat array each: some 350 bytes a user, and 100 for key and place.
 */
export class MemoryStore implements BaselineStore {
  readonly #maxUsers: number
  readonly #opened = new Map<string, MemoryBaselines>()

  /** @throws TypeError naming the option, what it got and what it wanted */
  constructor(options: MemoryStoreOptions = {}) {
    expectKnown('MemoryStore', options, ['maxUsers'])
    this.#maxUsers = expectInteger('maxUsers', options.maxUsers ?? 50_000, 16, 10_000_000)
  }

  open(layout: StoreLayout): MemoryBaselines {
    const key = `${layout.id}/${layout.width}`
    const known = this.#opened.get(key)
    if (known !== undefined) return known
    const opened = new MemoryBaselines(layout.width, this.#maxUsers)
    this.#opened.set(key, opened)
    return opened
  }
}

export class MemoryBaselines implements Baselines {
  readonly #width: number
  readonly #maxUsers: number
  readonly #maxProtected: number
  readonly #slots = new Map<string, number>()
  readonly #keys: string[] = []
  readonly #pages: Float32Array[] = []
  readonly #changes: Uint8Array
  readonly #probation: SlotList
  readonly #protected: SlotList
  readonly #free: number[] = []

  constructor(width: number, maxUsers: number) {
    this.#width = width
    this.#maxUsers = maxUsers
    this.#maxProtected = Math.floor((maxUsers * PROTECTED_TENTHS) / 10)
    this.#changes = new Uint8Array(maxUsers)
    const links = new Int32Array(2 * maxUsers)
    this.#probation = new SlotList(links)
    this.#protected = new SlotList(links)
  }

  /** Users kept. */
  get size(): number {
    return this.#slots.size
  }

  read(key: string): Float32Array | undefined {
    const slot = this.#slots.get(key)
    return slot === undefined ? undefined : this.#at(slot)
  }

  update(key: string, change: (baseline: Float32Array) => void): void {
    const known = this.#slots.get(key)
    const slot = known ?? this.#take(key)
    if (known !== undefined) this.#touch(slot)
    change(this.#at(slot))
  }

  delete(key: string): boolean {
    const slot = this.#slots.get(key)
    if (slot === undefined) return false
    this.#listOf(slot).remove(slot)
    this.#release(slot)
    return true
  }

  /** Every key with its baseline, those on probation first, each list from the longest unused on. */
  *entries(): Generator<BaselineEntry> {
    for (const list of [this.#probation, this.#protected]) {
      for (const slot of list.oldestFirst())
        yield [this.#keys[slot] as string, this.#at(slot), list === this.#protected]
    }
  }

  /** Takes up baselines as {@link entries} gave them, in that order: who is evicted first is then as it was, too. */
  restore(entries: Iterable<BaselineEntry>): void {
    for (const [key, baseline, cameBack] of entries) {
      this.update(key, (own) => own.set(baseline))
      const slot = this.#slots.get(key)
      if (!cameBack || slot === undefined || (this.#changes[slot] as number) >= COMES_BACK_AFTER) continue
      this.#changes[slot] = COMES_BACK_AFTER - 1
      this.#touch(slot)
    }
  }

  #at(slot: number): Float32Array {
    const page = this.#pages[Math.floor(slot / PAGE_SLOTS)] as Float32Array
    const from = (slot % PAGE_SLOTS) * this.#width
    return page.subarray(from, from + this.#width)
  }

  #listOf(slot: number): SlotList {
    return (this.#changes[slot] as number) >= COMES_BACK_AFTER ? this.#protected : this.#probation
  }

  #take(key: string): number {
    if (this.#slots.size >= this.#maxUsers) this.#evict()
    const slot = this.#free.pop() ?? this.#slots.size
    if (Math.floor(slot / PAGE_SLOTS) === this.#pages.length) {
      const slots = Math.min(PAGE_SLOTS, this.#maxUsers - slot)
      this.#pages.push(new Float32Array(slots * this.#width))
    }
    this.#slots.set(key, slot)
    this.#keys[slot] = key
    this.#changes[slot] = 1
    this.#probation.addNewest(slot)
    return slot
  }

  #touch(slot: number): void {
    this.#listOf(slot).remove(slot)
    if ((this.#changes[slot] as number) < COMES_BACK_AFTER) this.#changes[slot] = (this.#changes[slot] as number) + 1
    this.#listOf(slot).addNewest(slot)
    if (this.#protected.size <= this.#maxProtected) return
    // The protected user who was away longest is on probation again, for one more change.
    const demoted = this.#protected.takeOldest()
    this.#changes[demoted] = COMES_BACK_AFTER - 1
    this.#probation.addNewest(demoted)
  }

  #evict(): void {
    this.#release(this.#probation.takeOldest())
  }

  #release(slot: number): void {
    this.#slots.delete(this.#keys[slot] as string)
    this.#keys[slot] = ''
    this.#at(slot).fill(0)
    this.#free.push(slot)
  }
}
