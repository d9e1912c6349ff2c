import { settleScorer } from '../../plugins/shared/settings.ts'
import { Random } from '../../src/random.ts'
import { isRecord } from '../../src/records/row.ts'
import { MemoryStore } from '../../src/store/memory.ts'

/** One event of the wire. */
export interface WireEvent {
  readonly n: number
  readonly user_id: string
  readonly event_type: string
  readonly device_type: string
  readonly timestamp: string
}

const TYPES = ['login', 'view', 'view', 'view', 'click', 'click', 'download', 'logout']

/** Events of so many users, each user's in the order of time, with a burst now and then. */
export function activity(events: number, users: number, seed = 1): WireEvent[] {
  const random = new Random(seed)
  const clocks = Array.from({ length: users }, () => Date.UTC(2026, 0, 5, 8) + random.integer(3_600_000))
  return Array.from({ length: events }, (_, n) => {
    const user = random.integer(users)
    const pause = random.integer(50) === 0 ? 20_000_000 : random.integer(20) === 0 ? 200 : 120_000
    clocks[user] = (clocks[user] ?? 0) + random.integer(pause)
    return {
      n,
      user_id: `user-${user}`,
      event_type: TYPES[random.integer(TYPES.length)] ?? 'view',
      device_type: user % 3 === 0 ? 'mobile' : 'desktop',
      timestamp: new Date(clocks[user] ?? 0).toISOString(),
    }
  })
}

/** What the engine says of each, walked through without a plug-in. */
export function scoresOf(events: readonly WireEvent[]): (number | undefined)[] {
  const scorer = settleScorer('test', { store: new MemoryStore({ maxUsers: 100_000 }) })
  return events.map((event) => {
    const verdict = scorer.score(event)
    if (verdict instanceof Promise) throw new Error('a memory store answers at once')
    return verdict.scored ? verdict.verdict.score : undefined
  })
}

/** The score that stands in a record's `anomaly`; undefined where there is none. */
export function scoreIn(line: string | Uint8Array): number | undefined {
  const record: unknown = JSON.parse(typeof line === 'string' ? line : new TextDecoder().decode(line))
  const anomaly = isRecord(record) ? record.anomaly : undefined
  const score = isRecord(anomaly) ? anomaly.isolation_score : undefined
  return typeof score === 'number' ? score : undefined
}
