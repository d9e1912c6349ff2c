import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { systemReason } from '../../cli/exit.ts'
import { writeWhole } from '../../cli/output-file.ts'
import type { EventProblem } from '../../event.ts'
import { layoutIdOf, type Model } from '../../model.ts'
import type { StoreLayout } from '../../store/contract.ts'
import type { MemoryStore } from '../../store/memory.ts'
import { baselinesFromBytes, baselinesToBytes } from '../../store/snapshot.ts'

/** Baselines in memory that outlast the process: read at the start, written from time to time and in the end. */
export class BaselinesFile {
  readonly #path: string
  readonly #store: MemoryStore
  readonly #layout: StoreLayout
  #saving: Promise<void> = Promise.resolve()

  constructor(path: string, store: MemoryStore, model: Model) {
    this.#path = path
    this.#store = store
    this.#layout = { id: layoutIdOf(model), width: model.featureSet.layout.width }
  }

  /** Reads the file, where there is one yet. @param problems takes why it will not do */
  async load(problems: EventProblem[]): Promise<void> {
    try {
      if (existsSync(this.#path)) {
        this.#store.open(this.#layout).restore(baselinesFromBytes(await readFile(this.#path), this.#layout))
      }
    } catch (error) {
      const wanted = 'a file of baselines of this model, or none yet'
      problems.push({ field: 'HEDGEROW_BASELINES', got: systemReason(error), wanted })
    }
  }

  /** Writes it whole or not at all; one writing at a time. */
  save(): Promise<void> {
    const write = async (): Promise<void> => {
      const bytes = baselinesToBytes(this.#layout, this.#store.open(this.#layout).entries())
      await writeWhole(this.#path, [bytes], new AbortController().signal)
    }
    // After the one before, however that ended.
    this.#saving = this.#saving.then(write, write)
    return this.#saving
  }
}
