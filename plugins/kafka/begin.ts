import { Consumer } from '@platformatic/kafka'
import { recordMapper } from '../../src/records/record-map.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Lane } from '../shared/lanes.ts'
import { type Answered, restore } from './baseline-log.ts'
import { edgeOf } from './fetch.ts'
import { type KafkaSettings, OWN } from './options.ts'
import { Partition } from './partition.ts'

/** Takes a partition up where the member that had it before left off. */
export async function begin(number: number, consumer: Consumer, settings: KafkaSettings): Promise<Partition> {
  const { events, from, maxUsers, scoring } = settings
  const committed = await consumer.listCommittedOffsets({ topics: [{ topic: events, partitions: [number] }] })
  const known = committed.get(events)?.[number] ?? -1n
  const next = known >= 0n ? known : await edgeOf(consumer, events, number, from)
  const memory = new MemoryStore({ maxUsers })
  const answered = await restoreBaselines(number, next, memory, settings)
  const lane = new Lane('kafkaScorer', scoring, OWN, scoring.store ?? memory)
  return new Partition(number, lane, next, answered, recordMapper(scoring.map, scoring.model?.eventTypes))
}

/** Through a connection of its own: what the partition's topic of baselines holds is read once. */
async function restoreBaselines(
  number: number,
  committed: bigint,
  into: MemoryStore,
  { connection, groupId, baselines, layout }: KafkaSettings,
): Promise<Answered> {
  if (baselines === undefined) return new Map()
  const reader = new Consumer({ ...connection, groupId: `${groupId}-baselines`, autocommit: false })
  try {
    return await restore(reader, baselines, number, layout, committed, into.open(layout))
  } finally {
    await reader.close(true)
  }
}
