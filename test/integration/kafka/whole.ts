import { expect } from 'vitest'
import { scoreIn, scoresOf, type WireEvent } from '../../plugins/activity.ts'
import type { Answer, Event } from './topics.ts'

/** Events as producers write them: their key is the user. */
export function keyed(events: readonly WireEvent[]): Event[] {
  return events.map((event) => ({ key: event.user_id, value: Buffer.from(JSON.stringify(event)) }))
}

interface Found {
  /** Answers beside the first one of each event. */
  readonly duplicates: number
}

/**
 * Holds the answers against the events: each has one at least, in the partition of the same number, in order there, and so
 * in order for each user.
 *
 * @param scores the engine's own; null where baselines began anew in between
 */
export function expectWhole(
  events: readonly WireEvent[],
  answers: readonly Answer[],
  scores: readonly unknown[] | null = scoresOf(events),
): Found {
  const seen = new Set<number>()
  const latest = new Map<string | number, bigint | number>()
  const problems: Record<string, number[]> = { missing: [], moved: [], disordered: [], wrong: [] }
  const rises = (key: string | number, value: bigint | number): boolean => {
    const before = latest.get(key)
    latest.set(key, value)
    return before === undefined || value > before
  }
  for (const { partition, source, value } of answers) {
    const text = value?.toString() ?? ''
    const { n, user_id } = JSON.parse(text) as WireEvent
    const [, from, offset = ''] = source.split('/')
    if (Number(from) !== partition) problems.moved?.push(n)
    if (scores !== null && scoreIn(text) !== scores[n]) problems.wrong?.push(n)
    if (seen.has(n)) continue
    seen.add(n)
    const isNext = rises(partition, BigInt(offset))
    if (!rises(user_id, n) || !isNext) problems.disordered?.push(n)
  }
  problems.missing?.push(...events.filter(({ n }) => !seen.has(n)).map(({ n }) => n))
  // The first few are enough to see.
  const told = Object.entries(problems).map(([what, list]) => [what, list.length, list.slice(0, 5)])
  expect(told).toEqual(Object.keys(problems).map((what) => [what, 0, []]))
  return { duplicates: answers.length - seen.size }
}
