import type { RecordCounts } from '../src/pipeline/record-scorer.ts'
import { AtOnceScorer } from './shared/at-once.ts'
import { type ScoringOptions, settleScorer } from './shared/settings.ts'

export type { RecordCounts } from '../src/pipeline/record-scorer.ts'
export type { Activity, RecordMap } from '../src/records/index.ts'
export type { ScoringOptions } from './shared/settings.ts'

/** A record of winston's. */
export interface WinstonInfo {
  level: string
  message: unknown
  [name: string | symbol]: unknown
}

/** A format for `winston.format.combine`, described here so that no release of winston's is a dependency. */
export interface AnomalyFormat {
  transform(info: WinstonInfo): WinstonInfo
  /** Records scored, and those that were not by why. */
  readonly counts: RecordCounts
}

/**
 * Gives every record that tells of what somebody did an `anomaly`. It comes before the format that makes the text:
 *
 *     winston.createLogger({ format: winston.format.combine(anomalyFormat(), winston.format.json()) })
 *
 * A record without a time of its own happens now. A format cannot wait: the store must be one that answers at once, as
 * the default in memory does.
 *
 * @throws TypeError where an option is not what it should be, naming it, what it got and what it wanted
 */
export function anomalyFormat(options: ScoringOptions = {}): AnomalyFormat {
  const scorer = new AtOnceScorer(settleScorer('anomalyFormat', options))
  return {
    transform(info) {
      const { anomaly } = scorer.score(info, Date.now())
      if (anomaly !== undefined) add(info, anomaly)
      return info
    },
    get counts() {
      return scorer.counts
    },
  }
}

function add(info: WinstonInfo, anomaly: unknown): void {
  try {
    info.anomaly = anomaly
  } catch {
    // A record that cannot be changed goes on as it is.
  }
}
