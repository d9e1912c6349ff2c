import { findErrorBy, type MessageToProduce, type Producer } from '@platformatic/kafka'

/** Bytes of one request: brokers take 1 MiB of a partition at once unless they are told otherwise. */
const MOST_BYTES = 786_432

/** A record, and what goes out instead where the broker finds it too large: the record without a verdict. */
export interface Outgoing {
  readonly message: MessageToProduce
  readonly untouched: Buffer | undefined
}

/** Writes to topics, in order, and knows that the brokers have it: all replicas that are in sync. */
export class Writer {
  readonly #producer: Producer

  constructor(producer: Producer) {
    this.#producer = producer
  }

  /** @throws what the client throws, once its retries are used up */
  async write(outgoing: readonly Outgoing[]): Promise<void> {
    for (const portion of portions(outgoing)) await this.#send(portion)
  }

  async #send(portion: readonly Outgoing[]): Promise<void> {
    try {
      await this.#producer.send({ messages: portion.map(({ message }) => message), acks: -1 })
    } catch (error) {
      if (!isTooLarge(error)) throw error
      const [only] = portion
      if (portion.length > 1) {
        // Smaller than ours, the topic's limit: one by one, then.
        for (const one of portion) await this.#send([one])
      } else if (only?.untouched !== undefined && only.untouched !== only.message.value) {
        await this.#send([{ message: { ...only.message, value: only.untouched }, untouched: undefined }])
      } else {
        const topic = only?.message.topic
        throw new Error(
          `the topic ${topic} takes no record as large as one that is to be written: raise max.message.bytes`,
          {
            cause: error,
          },
        )
      }
    }
  }
}

function* portions(outgoing: readonly Outgoing[]): Generator<readonly Outgoing[]> {
  let portion: Outgoing[] = []
  let bytes = 0
  for (const one of outgoing) {
    const { key, value } = one.message
    const size = (key?.length ?? 0) + (value?.length ?? 0) + 100
    if (portion.length > 0 && bytes + size > MOST_BYTES) {
      yield portion
      portion = []
      bytes = 0
    }
    portion.push(one)
    bytes += size
  }
  if (portion.length > 0) yield portion
}

function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].some((id) => findErrorBy(error, 'apiId', id) !== null)
}
