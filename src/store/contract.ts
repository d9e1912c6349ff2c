/**
 * Where baselines live. A store keeps flat Float32Arrays by key and knows nothing of what is in them; whoever opens it
 * says how wide they are.
 */
export interface BaselineStore {
  /**
   * Opens the baselines of one layout. Baselines of another layout (another feature set or event vocabulary) are kept
   * apart: they mean something else.
   *
   * @param layout names the layout; its width in floats
   */
  open(layout: StoreLayout): Baselines
}

export interface StoreLayout {
  readonly id: string
  readonly width: number
}

type MaybePromise<T> = T | Promise<T>

export interface Baselines {
  /**
   * The baseline kept under a key, or undefined where there is none. It is read before anything else is done and never
   * written to: a store may hand out its own memory.
   */
  read(key: string): MaybePromise<Float32Array | undefined>
  /**
   * Changes the baseline kept under a key, a new one of zeros where there is none, as one step: no other change of the
   * same baseline comes between its reading and its writing. `change` is synchronous and may be called again, on a
   * fresh copy, where another writer was faster.
   */
  update(key: string, change: (baseline: Float32Array) => void): MaybePromise<void>
  /** Forgets a baseline. @returns whether there was one */
  delete(key: string): MaybePromise<boolean>
  /** Several reads in one trip. A store that is far away has it; without it each key is read by itself. */
  readMany?(keys: readonly string[]): Promise<readonly (Float32Array | undefined)[]>
  /** Several updates in one trip, those of one key in the order given; all of them, or it throws. */
  updateMany?(changes: readonly BaselineChange[]): Promise<void>
}

export interface BaselineChange {
  readonly key: string
  /** As {@link Baselines.update} takes it. */
  readonly change: (baseline: Float32Array) => void
}
