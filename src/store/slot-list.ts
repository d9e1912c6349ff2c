/**
 * Slots in order of use: a doubly linked list in a typed array. Several lists may share the array as long as a slot is
 * in one of them at a time.
 */
export class SlotList {
  /** Of slot i: the next older at 2i, the next newer at 2i + 1; -1 for none. */
  readonly #links: Int32Array
  #oldest = -1
  #newest = -1
  #size = 0

  constructor(links: Int32Array) {
    this.#links = links
  }

  get size(): number {
    return this.#size
  }

  addNewest(slot: number): void {
    this.#links[2 * slot] = this.#newest
    this.#links[2 * slot + 1] = -1
    if (this.#newest >= 0) this.#links[2 * this.#newest + 1] = slot
    else this.#oldest = slot
    this.#newest = slot
    this.#size++
  }

  remove(slot: number): void {
    const older = this.#links[2 * slot] as number
    const newer = this.#links[2 * slot + 1] as number
    if (older >= 0) this.#links[2 * older + 1] = newer
    else this.#oldest = newer
    if (newer >= 0) this.#links[2 * newer] = older
    else this.#newest = older
    this.#size--
  }

  /** Removes the slot that was not used for longest. The list must not be empty. */
  takeOldest(): number {
    const slot = this.#oldest
    this.remove(slot)
    return slot
  }

  *oldestFirst(): Generator<number> {
    for (let slot = this.#oldest; slot >= 0; slot = this.#links[2 * slot + 1] as number) yield slot
  }
}
