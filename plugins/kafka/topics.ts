import { type Consumer, findErrorBy } from '@platformatic/kafka'
import type { KafkaSettings } from './options.ts'

/**
 * Looks at the topics before anything is read, since events without an answer would be the first sign otherwise.
 *
 * @returns how many partitions the topic of verdicts has
 * @throws Error that says which topic is not there, or not as it has to be
 */
export async function expectTopics(consumer: Consumer, settings: KafkaSettings): Promise<number> {
  const { events, verdicts, baselines } = settings
  const wanted = await partitionsOf(consumer, events)
  const got = baselines === undefined ? wanted : await partitionsOf(consumer, baselines)
  if (got !== wanted) {
    throw new Error(`the topic ${baselines} has ${got} partitions, wanted ${wanted}: as many as ${events}`)
  }
  return partitionsOf(consumer, verdicts)
}

async function partitionsOf(consumer: Consumer, topic: string): Promise<number> {
  try {
    const { topics } = await consumer.metadata({ topics: [topic], autocreateTopics: false })
    return topics.get(topic)?.partitionsCount ?? 0
  } catch (cause) {
    const unknown = cause instanceof Error && findErrorBy(cause, 'apiId', 'UNKNOWN_TOPIC_OR_PARTITION') !== null
    throw unknown || (cause instanceof Error && cause.message.startsWith('Unknown topic'))
      ? new Error(`there is no topic ${topic}`, { cause })
      : cause
  }
}
