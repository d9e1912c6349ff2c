import { expectChoice, expectInteger, expectKnown, expectMethod } from '../../src/options.ts'
import { strongestReasons } from '../../src/telemetry/attributes.ts'
import type { Delivery, Sink, SinkBatch, SinkRecord } from './contract.ts'

/** The part of an Analytics Engine dataset's binding that is used. */
export interface DatasetLike {
  writeDataPoint(point: DataPoint): void
}

export interface DataPoint {
  indexes: string[]
  blobs: string[]
  doubles: number[]
}

export interface AnalyticsEngineSinkOptions {
  /** A point for every scored record (default), or for anomalies only. */
  readonly points?: 'scored' | 'anomalies'
  /** Points of one delivery; what goes beyond is summed up in one more. Default 200: a Worker may write 250 at a time. */
  readonly limit?: number
  /** The index, by which Analytics Engine samples, cut at 96 bytes. Default: the event type. Never name users with it. */
  readonly indexOf?: (record: SinkRecord) => string
}

const MOST_INDEX_BYTES = 96

/**
 * Writes verdicts as data points. Points are figures about records, not the records: they hold no user, and a sink for
 * the records themselves stands beside it (`allOf`).
 *
 *     index1  event type          blob1  'scored' or 'rest'     double1  events (1, or how many 'rest' stands for)
 *     blob2   event type          blob3  device type            double2  anomalies (0 or 1, or how many)
 *     blob4   'user' or 'population': whose baseline            double3  isolation score (of 'rest': the highest)
 *     blob5   strongest reasons, joined by commas               double4  percentile (likewise)
 *                                                               double5  threshold
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function analyticsEngineSink(dataset: DatasetLike, options: AnalyticsEngineSinkOptions = {}): Sink {
  expectMethod('analyticsEngineSink', dataset, 'writeDataPoint')
  expectKnown('analyticsEngineSink', options, ['points', 'limit', 'indexOf'])
  const { indexOf = ({ scored }) => scored?.event.eventType ?? '' } = options
  const onlyAnomalies = expectChoice('points', options.points ?? 'scored', ['scored', 'anomalies']) === 'anomalies'
  const limit = expectInteger('limit', options.limit ?? 200, 1, 249)
  return { open: () => new Points(dataset, onlyAnomalies, limit, indexOf) }
}

class Points implements Delivery {
  readonly #dataset: DatasetLike
  readonly #onlyAnomalies: boolean
  readonly #indexOf: (record: SinkRecord) => string
  #left: number
  readonly #rest = { events: 0, anomalies: 0, score: 0, percentile: 0 }

  constructor(dataset: DatasetLike, onlyAnomalies: boolean, limit: number, indexOf: (record: SinkRecord) => string) {
    this.#dataset = dataset
    this.#onlyAnomalies = onlyAnomalies
    this.#left = limit
    this.#indexOf = indexOf
  }

  write({ records }: SinkBatch): Promise<void> {
    for (const record of records) {
      if (record.scored === undefined) continue
      const { event, verdict } = record.scored
      if (this.#onlyAnomalies && !verdict.isAnomaly) continue
      if (this.#left > 0) {
        this.#left--
        const { score, percentile, threshold, isAnomaly, baseline } = verdict
        const reasons = isAnomaly ? strongestReasons(verdict.reasons).join(',') : ''
        this.#dataset.writeDataPoint({
          indexes: [cut(this.#indexOf(record), MOST_INDEX_BYTES)],
          blobs: ['scored', event.eventType, event.deviceType, baseline.level, reasons],
          doubles: [1, isAnomaly ? 1 : 0, score, percentile, threshold],
        })
      } else {
        this.#rest.events++
        if (verdict.isAnomaly) this.#rest.anomalies++
        this.#rest.score = Math.max(this.#rest.score, verdict.score)
        this.#rest.percentile = Math.max(this.#rest.percentile, verdict.percentile)
      }
    }
    return Promise.resolve()
  }

  close(): Promise<void> {
    const { events, anomalies, score, percentile } = this.#rest
    if (events > 0) {
      this.#dataset.writeDataPoint({
        indexes: ['rest'],
        blobs: ['rest', '', '', '', ''],
        doubles: [events, anomalies, score, percentile, 0],
      })
    }
    return Promise.resolve()
  }

  abort(): Promise<void> {
    return Promise.resolve()
  }
}

/** No more than so many bytes, and no part of a character. */
function cut(text: string, bytes: number): string {
  const target = new Uint8Array(bytes)
  const { read } = new TextEncoder().encodeInto(text, target)
  return text.slice(0, read)
}
