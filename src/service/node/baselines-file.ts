import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { writeWhole } from '../../cli/output-file.ts'
import type { EventProblem } from '../../event.ts'
import { layoutOf, type Model } from '../../model.ts'
import type { StoreLayout } from '../../store/contract.ts'
import type { MemoryStore } from '../../store/memory.ts'
import { baselinesFromBytes, baselinesToBytes } from '../../store/snapshot.ts'
import { found } from './found.ts'

/** Baselines in memory that outlast the process: read at the start, written from time to time and in the end. */
export class BaselinesFile {
  readonly #path: string
  readonly #store: MemoryStore
  readonly #layout: StoreLayout
  #saving: Promise<unknown> = Promise.resolve()

  constructor(path: string, store: MemoryStore, model: Model) {
    this.#path = path
    this.#store = store
    this.#layout = layoutOf(model)
  }

  /** Reads the file, where there is one yet. @param problems takes why it will not do. @returns how many users it had */
  async load(problems: EventProblem[]): Promise<number> {
    try {
      if (!existsSync(this.#path)) return 0
      const entries = baselinesFromBytes(await readFile(this.#path), this.#layout)
      this.#store.open(this.#layout).restore(entries)
      return entries.length
    } catch (error) {
      const wanted = 'a file of baselines of this model, or none yet'
      problems.push({ field: 'HEDGEROW_BASELINES', got: found(error), wanted })
      return 0
    }
  }

  /** Writes it whole or not at all; one writing at a time. @returns how many users are in it */
  save(): Promise<number> {
    const write = async (): Promise<number> => {
      const baselines = this.#store.open(this.#layout)
      const { size } = baselines
      const bytes = baselinesToBytes(this.#layout, baselines.entries())
      await writeWhole(this.#path, [bytes], new AbortController().signal)
      return size
    }
    // After the one before, however that ended.
    const saved = this.#saving.then(write, write)
    this.#saving = saved
    return saved
  }
}
