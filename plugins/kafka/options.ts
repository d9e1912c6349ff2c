import type { BaseOptions } from '@platformatic/kafka'
import { defaultModel } from '../../model/default.ts'
import { layoutOf } from '../../src/model.ts'
import { expectChoice, expectFunction, expectInteger, expectRecord } from '../../src/options.ts'
import type { StoreLayout } from '../../src/store/contract.ts'
import type { Tally } from '../shared/lanes.ts'
import { type ScoringOptions, settleScorer } from '../shared/settings.ts'

export interface KafkaScorerOptions extends ScoringOptions {
  /** How to reach the brokers, as `@platformatic/kafka` takes it: `bootstrapBrokers`, `tls`, `sasl`. */
  readonly connection: Omit<BaseOptions, 'clientId'> & { readonly clientId?: string }
  /** The consumer group: its members share the partitions between them. */
  readonly groupId: string
  /** The topic of events, whose producers partition it by user. */
  readonly events: string
  /** The topic that gets every record with its `anomaly`. */
  readonly verdicts: string
  /**
   * A compacted topic, of as many partitions as `events`, that keeps the baselines: a member that starts, or is given a
   * partition, goes on from there. Without it, and without a `store`, baselines begin anew with each.
   */
  readonly baselines?: string
  /** Where a group without committed offsets begins. Default `earliest`. */
  readonly from?: 'earliest' | 'latest'
  /** Most users of a partition whose baselines are in memory. Default 50,000. */
  readonly maxUsers?: number
  /** Most records that are scored and written at a time. Default 1,000. */
  readonly batchRecords?: number
  /** Most bytes that are read at a time; a single record may be larger. Default 1,048,576. */
  readonly fetchBytes?: number
  /** Milliseconds without a sign of life after which a member counts as gone. Default 45,000. */
  readonly sessionTimeoutMs?: number
  /** Hears of each batch that was written and committed. */
  readonly onBatch?: (tally: Readonly<Tally>) => void
}

export const OWN: readonly string[] = [
  'connection',
  'groupId',
  'events',
  'verdicts',
  'baselines',
  'from',
  'maxUsers',
  'batchRecords',
  'fetchBytes',
  'sessionTimeoutMs',
  'onBatch',
]

export interface KafkaSettings {
  readonly connection: BaseOptions
  readonly groupId: string
  readonly events: string
  readonly verdicts: string
  readonly baselines: string | undefined
  readonly from: 'earliest' | 'latest'
  readonly maxUsers: number
  readonly batchRecords: number
  readonly fetchBytes: number
  readonly sessionTimeoutMs: number
  readonly onBatch: ((tally: Readonly<Tally>) => void) | undefined
  readonly scoring: ScoringOptions
  readonly layout: StoreLayout
}

/** @throws TypeError naming the option, what it got and what it wanted */
export function settle(options: KafkaScorerOptions): KafkaSettings {
  expectRecord('kafkaScorer', options)
  expectRecord('connection', options.connection)
  const { baselines, model = defaultModel(), store } = options
  if (baselines !== undefined && store !== undefined) {
    throw new TypeError('baselines: got a topic and a store, wanted one of them')
  }
  // Wrong scoring options shall not wait for the first event.
  settleScorer('kafkaScorer', options, OWN)
  return {
    connection: { clientId: 'hedgerow', ...options.connection },
    groupId: expectName('groupId', options.groupId),
    events: expectName('events', options.events),
    verdicts: expectName('verdicts', options.verdicts),
    baselines: baselines === undefined ? undefined : expectName('baselines', baselines),
    from: expectChoice('from', options.from ?? 'earliest', ['earliest', 'latest']),
    maxUsers: expectInteger('maxUsers', options.maxUsers ?? 50_000, 16, 10_000_000),
    batchRecords: expectInteger('batchRecords', options.batchRecords ?? 1000, 1, 100_000),
    fetchBytes: expectInteger('fetchBytes', options.fetchBytes ?? 1_048_576, 1024, 2 ** 30),
    sessionTimeoutMs: expectInteger('sessionTimeoutMs', options.sessionTimeoutMs ?? 45_000, 1000, 1_800_000),
    onBatch: expectFunction('onBatch', options.onBatch),
    scoring: { ...options, model },
    layout: layoutOf(model),
  }
}

function expectName(option: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${option}: got ${typeof value === 'string' ? 'empty text' : String(value)}, wanted a name`)
}
