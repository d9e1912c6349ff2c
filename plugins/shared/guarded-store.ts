import type { BaselineStore, Baselines, StoreLayout } from '../../src/store/contract.ts'

/**
 * A store that is left alone for a while once it has not answered in time. A stream has one event after the other: were
 * each to wait for a store that hangs, they would pile up, or a thousand of them would take a thousand times the budget.
 */
export class GuardedStore implements BaselineStore {
  readonly #under: BaselineStore
  readonly #budgetMs: number

  /** @param budgetMs how long a call may take, and how long none is made after one that took longer */
  constructor(under: BaselineStore, budgetMs: number) {
    this.#under = under
    this.#budgetMs = budgetMs
  }

  open(layout: StoreLayout): Baselines {
    return new GuardedBaselines(this.#under.open(layout), this.#budgetMs)
  }
}

class GuardedBaselines implements Baselines {
  readonly #under: Baselines
  readonly #budgetMs: number
  /** Until when it is left alone. */
  #awayUntilMs = 0

  constructor(under: Baselines, budgetMs: number) {
    this.#under = under
    this.#budgetMs = budgetMs
  }

  read(key: string): ReturnType<Baselines['read']> {
    this.#expectThere()
    return this.#watched(this.#under.read(key))
  }

  update(key: string, change: (baseline: Float32Array) => void): void | Promise<void> {
    this.#expectThere()
    return this.#watched(this.#under.update(key, change))
  }

  delete(key: string): boolean | Promise<boolean> {
    return this.#under.delete(key)
  }

  /** @throws Error where it is left alone */
  #expectThere(): void {
    if (this.#awayUntilMs !== 0 && Date.now() < this.#awayUntilMs) throw new Error('the store did not answer in time')
  }

  /** The answer as it is, which whoever asked waits for as long as he likes. */
  #watched<T>(answer: T | Promise<T>): T | Promise<T> {
    if (!(answer instanceof Promise)) return answer
    const timer = setTimeout(() => {
      this.#awayUntilMs = Date.now() + this.#budgetMs
    }, this.#budgetMs)
    const answered = (): void => clearTimeout(timer)
    answer.then(answered, answered)
    return answer
  }
}
