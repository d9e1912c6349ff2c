import { Consumer, type MessageToProduce, Producer } from '@platformatic/kafka'
import { SOURCE_HEADER } from '../../../plugins/kafka.ts'

/** A verdict as it lies in its topic. */
export interface Answer {
  readonly partition: number
  readonly offset: bigint
  /** The event that it answers. */
  readonly source: string
  readonly key: string | undefined
  readonly value: Buffer | null
}

export interface Event {
  readonly key?: string
  readonly value: Buffer | undefined
  readonly partition?: number
}

/** Writes events, keyed by user as producers do; in requests as large as brokers take them, or a large event by itself. */
export async function produce(address: string, topic: string, events: readonly Event[]): Promise<void> {
  const producer = new Producer({ clientId: 'tests', bootstrapBrokers: [address] })
  let messages: MessageToProduce[] = []
  let bytes = 0
  const send = async (): Promise<void> => {
    if (messages.length > 0) await producer.send({ messages, acks: -1 })
    messages = []
    bytes = 0
  }
  for (const { key, value, partition } of events) {
    const size = value?.length ?? 0
    if (bytes + size > 500_000) await send()
    messages.push({
      topic,
      ...(key === undefined ? {} : { key: Buffer.from(key) }),
      ...(partition === undefined ? {} : { partition }),
      ...(value === undefined ? {} : { value }),
    })
    bytes += size
  }
  await send()
  await producer.close()
}

/** Reads a topic of verdicts until somebody has enough of it. */
export async function readUntil(
  address: string,
  topic: string,
  enough: (answers: readonly Answer[]) => boolean,
): Promise<Answer[]> {
  const groupId = `reader-${crypto.randomUUID()}`
  const consumer = new Consumer({ clientId: 'tests', bootstrapBrokers: [address], groupId, autocommit: false })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 200 })
  const answers: Answer[] = []
  for await (const { partition, offset, key, value, headerEntries } of stream) {
    const source = headerEntries.find(([name]) => name.toString() === SOURCE_HEADER)?.[1].toString() ?? ''
    answers.push({ partition, offset, source, key: key?.toString(), value })
    if (enough(answers)) break
  }
  await consumer.close(true)
  return answers
}

/** As many answers as there are events, whatever else comes between. */
export function allAnswered(events: number): (answers: readonly Answer[]) => boolean {
  const seen = new Set<string>()
  let looked = 0
  return (answers) => {
    for (; looked < answers.length; looked++) seen.add(answers[looked]?.source ?? '')
    return seen.size === events
  }
}
