import { defaultModel } from '../../model/default.ts'
import type { Model } from '../../src/model.ts'
import { expectBoolean, expectInteger, expectKnown, expectMethod, expectRecord } from '../../src/options.ts'
import { RecordScorer } from '../../src/pipeline/record-scorer.ts'
import type { RecordMap } from '../../src/records/record-map.ts'
import type { BaselineStore } from '../../src/store/contract.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { type AdaptiveBounds, flagAtOf } from '../../src/thresholds.ts'
import { GuardedStore } from './guarded-store.ts'

/** What every plug-in takes. */
export interface ScoringOptions {
  /** What scores. Default: the bundled model. */
  readonly model?: Model | undefined
  /** Where baselines live. Default: in the memory of this process, at most 50,000 users. */
  readonly store?: BaselineStore | undefined
  /** How records become events: see {@link RecordMap}. Default `auto`. */
  readonly map?: RecordMap | undefined
  /** Percentile from which on an event is an anomaly, 0 to 1. Default: 1 less the model's contamination; bundled 0.98. */
  readonly flagAt?: number | undefined
  /** Lets the threshold follow each user's own past, between two percentiles. Default: one threshold for all. */
  readonly adaptive?: AdaptiveBounds | undefined
  /** Holds the flagged share at 1 - flagAt while behaviour drifts. Default false. */
  readonly holdShare?: boolean | undefined
  /** Reasons for every event, not for anomalies alone. An event then takes five times as long. Default false. */
  readonly explain?: boolean | undefined
  /**
   * Milliseconds that an asynchronous store may take for an event, before it goes on unscored; for as long the store is
   * not asked again then. To learn what a delivery taught, it may take ten times as long. Default 1,000.
   */
  readonly budgetMs?: number | undefined
}

export const SCORING_OPTIONS: readonly (keyof ScoringOptions)[] = [
  'model',
  'store',
  'map',
  'flagAt',
  'adaptive',
  'holdShare',
  'explain',
  'budgetMs',
]

/**
 * The scorer of one plug-in, every default in place.
 *
 * @param own names of the options that the plug-in has beside the common ones
 * @throws TypeError or RecordsError naming the option, what it got and what it wanted
 */
export function settleScorer(plugin: string, options: ScoringOptions, own: readonly string[] = []): RecordScorer {
  expectRecord(plugin, options)
  expectKnown(plugin, options, [...SCORING_OPTIONS, ...own])
  const { model = defaultModel(), store = new MemoryStore(), map = 'auto', adaptive } = options
  expectRecord('model', model)
  expectMethod('model.forest', model.forest, 'score')
  expectMethod('store', store, 'open')
  const budgetMs = settleBudget(options)
  return new RecordScorer({
    model,
    store: new GuardedStore(store, budgetMs),
    thresholds: {
      flagAt: options.flagAt ?? flagAtOf(model),
      holdShare: expectBoolean('holdShare', options.holdShare ?? false),
      ...(adaptive === undefined ? {} : { adaptive }),
    },
    map,
    explain: expectBoolean('explain', options.explain ?? false),
    budgetMs,
  })
}

/** @throws TypeError */
export function settleBudget({ budgetMs = 1000 }: ScoringOptions): number {
  return expectInteger('budgetMs', budgetMs, 1, 600_000)
}
