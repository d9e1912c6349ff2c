import type { BaselineChange, BaselineStore, Baselines, StoreLayout } from './contract.ts'

/**
 * What a batch of events teaches, held back until the batch has been delivered. A batch that could not be delivered comes
 * again, perhaps for hours: were it learnt each time, its users' counts and rates would grow with every attempt, and the
 * verdicts of the last would not be those of the first.
 *
 * Reads see what the batch has taught so far; the store beneath sees nothing before {@link commit}. Holds one copy of each
 * baseline that the batch changes, and the changes. One stage is for one batch; any number may stand on one store.
 */
export class StagedStore implements BaselineStore {
  readonly #under: BaselineStore
  #opened: StagedBaselines | undefined

  constructor(under: BaselineStore) {
    this.#under = under
  }

  /** Of one layout: a stage serves one detector. */
  open(layout: StoreLayout): StagedBaselines {
    this.#opened ??= new StagedBaselines(this.#under.open(layout), layout.width)
    return this.#opened
  }

  /** Changes that are held back: each is an event in memory. */
  get changes(): number {
    return this.#opened?.changes ?? 0
  }

  /** Baselines that the batch changed, as they are after it. */
  changed(): Iterable<readonly [key: string, baseline: Float32Array]> {
    return this.#opened?.changed() ?? []
  }

  /** Teaches the store beneath, and begins anew. @throws or rejects where that store fails */
  commit(): void | Promise<void> {
    return this.#opened?.commit()
  }

  /** Forgets what the batch taught. */
  discard(): void {
    this.#opened?.discard()
  }
}

interface Entry {
  readonly before: Float32Array
  readonly after: Float32Array
  readonly changes: ((baseline: Float32Array) => void)[]
}

class StagedBaselines implements Baselines {
  readonly #under: Baselines
  readonly #width: number
  readonly #entries = new Map<string, Entry>()
  #changes = 0
  #batch = 0

  constructor(under: Baselines, width: number) {
    this.#under = under
    this.#width = width
  }

  get changes(): number {
    return this.#changes
  }

  read(key: string): Float32Array | undefined | Promise<Float32Array | undefined> {
    return this.#entries.get(key)?.after ?? this.#under.read(key)
  }

  update(key: string, change: (baseline: Float32Array) => void): void | Promise<void> {
    const entry = this.#entries.get(key)
    if (entry !== undefined) return this.#apply(entry, change)
    const known = this.#under.read(key)
    if (!(known instanceof Promise)) return this.#apply(this.#enter(key, known), change)
    const batch = this.#batch
    return known.then((baseline) => {
      // What comes so late that its batch is over must not be taken for a part of the next.
      if (batch !== this.#batch) return
      // Somebody else may have been quicker while this was waiting.
      this.#apply(this.#entries.get(key) ?? this.#enter(key, baseline), change)
    })
  }

  delete(key: string): boolean | Promise<boolean> {
    const staged = this.#entries.delete(key)
    const deleted = this.#under.delete(key)
    return deleted instanceof Promise ? deleted.then((there) => there || staged) : deleted || staged
  }

  *changed(): Generator<readonly [string, Float32Array]> {
    for (const [key, { after }] of this.#entries) yield [key, after]
  }

  commit(): void | Promise<void> {
    const changes = [...this.#entries].map(([key, entry]): BaselineChange => ({ key, change: onto(entry) }))
    this.discard()
    if (changes.length === 0) return undefined
    if (this.#under.updateMany !== undefined) return this.#under.updateMany(changes)
    return this.#updateFrom(changes, 0)
  }

  discard(): void {
    this.#entries.clear()
    this.#changes = 0
    this.#batch++
  }

  #updateFrom(changes: readonly BaselineChange[], from: number): void | Promise<void> {
    for (let i = from; i < changes.length; i++) {
      const { key, change } = changes[i] as BaselineChange
      const updating = this.#under.update(key, change)
      if (updating instanceof Promise) return updating.then(() => this.#updateFrom(changes, i + 1))
    }
    return undefined
  }

  /** A baseline of the wrong width is somebody else's: what the batch teaches goes onto an empty one, as anywhere. */
  #enter(key: string, known: Float32Array | undefined): Entry {
    const before = known?.length === this.#width ? known.slice() : new Float32Array(this.#width)
    const entry: Entry = { before, after: before.slice(), changes: [] }
    this.#entries.set(key, entry)
    return entry
  }

  #apply(entry: Entry, change: (baseline: Float32Array) => void): void {
    change(entry.after)
    entry.changes.push(change)
    this.#changes++
  }
}

/** Where nobody has changed the baseline since, the outcome is there already; else the changes are made once more. */
function onto({ before, after, changes }: Entry): (baseline: Float32Array) => void {
  return (own) => {
    if (own.length === before.length && own.every((value, i) => Object.is(value, before[i]))) own.set(after)
    else for (const change of changes) change(own)
  }
}
