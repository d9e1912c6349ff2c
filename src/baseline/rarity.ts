import { AT, MEMORY_SESSIONS } from './layout.ts'

/** An event of at least this percentile is rare. */
const RARE_AT = 0.98

/** The share of sessions with a rare event in them, over everybody. */
export const EXPECTED_SHARE = 0.06

/** Notes whether the event was rare. After the event was learnt. */
export function noteRarity(baseline: Float32Array, percentile: number): void {
  baseline[AT.sessionJudged] = (baseline[AT.sessionJudged] as number) + 1
  if (percentile >= RARE_AT) baseline[AT.sessionRare] = (baseline[AT.sessionRare] as number) + 1
}

/**
 * Counts the session that ended: a session, however long, is one witness. What is kept is the user's share of sessions with
 * a rare event less everybody's, so that the sessions that nobody judged (a trainer's) speak neither for nor against.
 */
export function settleRarity(baseline: Float32Array): void {
  if (baseline[AT.sessionJudged] === 0) return
  const excess = ((baseline[AT.sessionRare] as number) > 0 ? 1 : 0) - EXPECTED_SHARE
  const weight = 1 / Math.min(MEMORY_SESSIONS, (baseline[AT.sessions] as number) + 1)
  const before = baseline[AT.rareExcess] as number
  baseline[AT.rareExcess] = before + weight * (excess - before)
  baseline[AT.sessionJudged] = 0
  baseline[AT.sessionRare] = 0
}
