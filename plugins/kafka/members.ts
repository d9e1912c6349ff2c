import { type Consumer, findErrorBy } from '@platformatic/kafka'
import type { Partition } from './partition.ts'

/** Which partitions this member has, while others come and go. */
export class Membership {
  readonly #consumer: Consumer
  readonly #topic: string
  readonly #begin: (partition: number) => Promise<Partition>
  readonly #partitions = new Map<number, Partition>()
  #known = ''
  #rebalances = 0
  #failure: { readonly error: unknown } | undefined

  /** @param begin takes up a partition that this member did not have */
  constructor(consumer: Consumer, topic: string, begin: (partition: number) => Promise<Partition>) {
    this.#consumer = consumer
    this.#topic = topic
    this.#begin = begin
    consumer.on('consumer:group:rebalance', () => {
      this.#rebalances++
    })
    // It tells so where it could not join again in the background. With nobody to hear, that would end the process.
    consumer.on('error', (error: unknown) => {
      this.#failure ??= { error }
      this.#rebalances++
    })
  }

  async join(): Promise<void> {
    this.#consumer.topics.track(this.#topic)
    await this.#consumer.joinGroup({})
  }

  /** Changes whenever partitions may have changed hands: what was begun before is then not to be written. */
  get term(): string {
    const { memberId, generationId } = this.#consumer
    return `${memberId}/${generationId}/${this.#rebalances}`
  }

  /**
   * The partitions that this member has now. One that it had before is as it was only where no other member can have had
   * it since: in the very next generation.
   *
   * @throws what the client did where it could not join the group again
   */
  async partitions(): Promise<ReadonlyMap<number, Partition>> {
    if (this.#failure !== undefined) throw this.#failure.error
    const { memberId, generationId } = this.#consumer
    const known = `${memberId}/${generationId}`
    if (known === this.#known) return this.#partitions
    const isNext = this.#known === `${memberId}/${generationId - 1}`
    this.#known = known
    const assigned = this.#consumer.assignments?.find(({ topic }) => topic === this.#topic)?.partitions ?? []
    for (const number of this.#partitions.keys()) {
      if (!isNext || !assigned.includes(number)) this.#partitions.delete(number)
    }
    for (const number of assigned) {
      if (!this.#partitions.has(number)) this.#partitions.set(number, await this.#begin(number))
    }
    return this.#partitions
  }

  /** A group that is being shared out takes no offsets; then what was written is written once more at worst. */
  async commit(offsets: Parameters<Consumer['commit']>[0]['offsets']): Promise<void> {
    try {
      await this.#consumer.commit({ offsets })
    } catch (error) {
      if (error instanceof Error && findErrorBy(error, 'needsRejoin', true) !== null) return
      throw error
    }
  }
}
