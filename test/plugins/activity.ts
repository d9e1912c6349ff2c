import { simulate } from '../../model/simulate/index.ts'
import { settleScorer } from '../../plugins/shared/settings.ts'
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

/** The first so many events of simulated users, in order of time: one in fifty is odd for its user. */
export function activity(events: number, users: number, seed = 1): WireEvent[] {
  const days = Math.min(366, 14 + Math.ceil(events / (4 * users)))
  const simulated = simulate({ users, days, seed })
  if (simulated.length < events) throw new Error(`${users} users give ${simulated.length} events in ${days} days`)
  return simulated.slice(0, events).map(({ event }, n) => ({
    n,
    user_id: event.userId,
    event_type: event.eventType,
    device_type: event.deviceType,
    timestamp: new Date(event.timestampMs).toISOString(),
  }))
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
