import type { RecordScorer, RecordVerdict } from '../../src/pipeline/record-scorer.ts'
import { LATE, withinBudget } from '../../src/store/budget.ts'
import type { BaselineStore } from '../../src/store/contract.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { StagedStore } from '../../src/store/staged.ts'
import type { SinkRecord } from '../sinks/contract.ts'
import { enriched, parseRaw, type Raw } from './raw.ts'
import { type ScoringOptions, settleBudget, settleScorer } from './settings.ts'

/** What became of the records of one delivery. */
export interface Tally {
  records: number
  scored: number
  anomalies: number
  /** Records without a score: as they came, or, where the store was away, with an `anomaly` that says so. */
  passed: number
}

/** Budgets for one event that it may take to learn what a delivery taught. */
const COMMIT_BUDGETS = 10

/**
 * Scores the records of one delivery after another, and holds back what they teach until somebody says that they were
 * delivered: a delivery that failed and comes again is judged as it was the first time.
 */
export class Lane {
  readonly #stage: StagedStore
  readonly #scorer: RecordScorer
  readonly #commitMs: number

  constructor(plugin: string, options: ScoringOptions, own: readonly string[], store: BaselineStore) {
    this.#stage = new StagedStore(store)
    this.#scorer = settleScorer(plugin, { ...options, store: this.#stage }, own)
    this.#commitMs = COMMIT_BUDGETS * settleBudget(options)
  }

  /** Events learnt but held back. */
  get heldBack(): number {
    return this.#stage.changes
  }

  /** @param nowMs the time of records that tell none; undefined: those are no events */
  async score(raws: readonly Raw[], tally: Tally, nowMs?: number): Promise<SinkRecord[]> {
    const values = raws.map(parseRaw)
    const scoring = this.#scorer.scoreAll(values, nowMs)
    const verdicts = scoring instanceof Promise ? await scoring : scoring
    return raws.map((raw, i) => {
      const verdict = verdicts[i] as RecordVerdict
      note(verdict, tally)
      const line = enriched(raw, values[i], verdict.anomaly)
      return { line, scored: verdict.scored ? { event: verdict.event, verdict: verdict.verdict } : undefined }
    })
  }

  /** Baselines that changed since the last commit. */
  changed(): Iterable<readonly [key: string, baseline: Float32Array]> {
    return this.#stage.changed()
  }

  /**
   * Never rejects, and ends: a store that cannot learn, or hangs, is no reason to deliver again.
   *
   * @returns whether it learnt
   */
  async commit(): Promise<boolean> {
    try {
      const learning = this.#stage.commit()
      return !(learning instanceof Promise) || (await withinBudget(learning, this.#commitMs)) !== LATE
    } catch {
      return false
    }
  }

  discard(): void {
    this.#stage.discard()
  }
}

/** As many lanes as there are deliveries at a time, on one store. */
export class Lanes {
  readonly #make: () => Lane
  readonly #free: Lane[] = []

  /** @throws TypeError or RecordsError naming the option, what it got and what it wanted */
  constructor(plugin: string, options: ScoringOptions, own: readonly string[]) {
    const store = options?.store ?? new MemoryStore()
    this.#make = () => new Lane(plugin, options, own, store)
    this.#free.push(this.#make())
  }

  take(): Lane {
    return this.#free.pop() ?? this.#make()
  }

  /** What the lane still holds back is forgotten. */
  give(lane: Lane): void {
    lane.discard()
    this.#free.push(lane)
  }
}

export function emptyTally(): Tally {
  return { records: 0, scored: 0, anomalies: 0, passed: 0 }
}

function note(verdict: RecordVerdict, tally: Tally): void {
  tally.records++
  if (!verdict.scored) tally.passed++
  else {
    tally.scored++
    if (verdict.verdict.isAnomaly) tally.anomalies++
  }
}
