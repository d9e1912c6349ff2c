import { baselineMessage } from './baseline-log.ts'
import type { Fetched } from './fetch.ts'
import type { KafkaSettings } from './options.ts'
import type { Partition } from './partition.ts'
import type { Outgoing } from './writer.ts'

/** Names the event that a verdict answers, `TOPIC/PARTITION/OFFSET`: what duplicates are known by. */
export const SOURCE_HEADER = 'hedgerow-source'

/**
 * What is written of an event: its record, with the same key, time and headers.
 *
 * @param line the record with its `anomaly`, or as it came; undefined for a tombstone
 * @param into the partition of the topic of verdicts
 */
export function verdictOf(
  record: Fetched,
  line: string | Uint8Array | undefined,
  into: number,
  { events, verdicts }: KafkaSettings,
): Outgoing {
  const { key, value, timestamp, headers, partition, offset } = record
  const source = Buffer.from(`${events}/${partition}/${offset}`)
  const known = headers.map(([name, text]) => [name ?? Buffer.alloc(0), text ?? Buffer.alloc(0)] as const)
  const message = {
    topic: verdicts,
    partition: into,
    timestamp,
    headers: new Map([...known, [Buffer.from(SOURCE_HEADER), source]]),
    ...(key === null ? {} : { key }),
    ...(line === undefined ? {} : { value: Buffer.from(line as string) }),
  }
  return { message, untouched: value ?? undefined }
}

/** What is written of the baselines that a batch has changed, where there is a topic for them. */
export function baselinesOf({ lane, number }: Partition, offset: bigint, settings: KafkaSettings): Outgoing[] {
  const { baselines, layout } = settings
  if (baselines === undefined) return []
  return Array.from(lane.changed(), ([key, baseline]) => ({
    message: baselineMessage(baselines, number, layout, key, baseline, offset),
    untouched: undefined,
  }))
}
