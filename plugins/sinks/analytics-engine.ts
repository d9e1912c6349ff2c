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
  /**
   * Points that an invocation writes for verdicts; what goes beyond is summed up, in one more for each delivery. Default
   * 200: an invocation may write 250 in all.
   */
  readonly limit?: number
  /** The index, by which Analytics Engine samples, cut at 96 bytes. Default: the event type. Never name users with it. */
  readonly indexOf?: (record: SinkRecord) => string
}

const MOST_INDEX_BYTES = 96

/** Of an invocation, into all datasets; the platform drops what comes after. */
const MOST_POINTS = 250

/** Points written in an invocation, which may deliver several times, into several datasets. */
const written = new WeakMap<object, { points: number }>()

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
  return {
    open(invocation = {}) {
      const own = written.get(invocation) ?? { points: 0 }
      written.set(invocation, own)
      return new Points(dataset, onlyAnomalies, limit, indexOf, own)
    },
  }
}

class Points implements Delivery {
  readonly #dataset: DatasetLike
  readonly #onlyAnomalies: boolean
  readonly #indexOf: (record: SinkRecord) => string
  readonly #limit: number
  readonly #written: { points: number }
  readonly #rest = { events: 0, anomalies: 0, score: 0, percentile: 0 }

  constructor(
    dataset: DatasetLike,
    onlyAnomalies: boolean,
    limit: number,
    indexOf: (record: SinkRecord) => string,
    written: { points: number },
  ) {
    this.#dataset = dataset
    this.#onlyAnomalies = onlyAnomalies
    this.#limit = limit
    this.#indexOf = indexOf
    this.#written = written
  }

  write({ records }: SinkBatch): Promise<void> {
    for (const record of records) {
      if (record.scored === undefined) continue
      const { event, verdict } = record.scored
      if (this.#onlyAnomalies && !verdict.isAnomaly) continue
      if (this.#written.points < this.#limit) {
        const { score, percentile, threshold, isAnomaly, baseline } = verdict
        const reasons = isAnomaly ? strongestReasons(verdict.reasons).join(',') : ''
        this.#point({
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
    if (events > 0 && this.#written.points < MOST_POINTS) {
      this.#point({
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

  #point(point: DataPoint): void {
    this.#written.points++
    this.#dataset.writeDataPoint(point)
  }
}

/** No more than so many bytes, and no part of a character. */
function cut(text: string, bytes: number): string {
  const target = new Uint8Array(bytes)
  const { read } = new TextEncoder().encodeInto(text, target)
  return text.slice(0, read)
}
