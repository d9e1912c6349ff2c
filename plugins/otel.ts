import type { RecordCounts } from '../src/pipeline/record-scorer.ts'
import { AttributeScorer } from './otel/attribute-scorer.ts'
import { AnomalyLogRecordProcessor } from './otel/log-processor.ts'
import { AnomalySampler } from './otel/sampler.ts'
import type { SdkLogRecordProcessor, SdkSampler, SdkSpanProcessor } from './otel/sdk.ts'
import { AnomalySpanProcessor } from './otel/span-processor.ts'
import { type ScoringOptions, settleScorer } from './shared/settings.ts'

export type { RecordCounts } from '../src/pipeline/record-scorer.ts'
export type { Activity, RecordMap } from '../src/records/index.ts'
export { withDecision } from './otel/sampler.ts'
export type { SdkLogRecordProcessor, SdkSampler, SdkSpanProcessor } from './otel/sdk.ts'
export type { ScoringOptions } from './shared/settings.ts'

/** The parts for a `NodeSDK`, all with the same baselines. Take those that you need. */
export interface AnomalyTelemetry {
  /** Scores server spans. Comes before the processor that exports. */
  readonly spanProcessor: SdkSpanProcessor
  /** Scores log records. Comes before the processor that exports. Not for the same requests as the spans. */
  readonly logRecordProcessor: SdkLogRecordProcessor
  /** Keeps every anomalous trace, whatever this sampler of yours says. */
  sampler(sampler: SdkSampler): SdkSampler
  /** Records scored, and those that were not by why. */
  readonly counts: RecordCounts
}

/**
 * Scores what OpenTelemetry's instrumentation tells of requests, for SDK 2.x and 3.x:
 *
 *     const anomaly = anomalyTelemetry()
 *     new NodeSDK({
 *       sampler: anomaly.sampler(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) })),
 *       spanProcessors: [anomaly.spanProcessor, new BatchSpanProcessor({ exporter })],
 *       logRecordProcessors: [anomaly.logRecordProcessor, new BatchLogRecordProcessor({ exporter: logExporter })],
 *     })
 *
 * Spans and log records cannot wait: the store must be one that answers at once, as the default in memory does.
 *
 * @throws TypeError where an option is not what it should be, naming it, what it got and what it wanted
 */
export function anomalyTelemetry(options: ScoringOptions = {}): AnomalyTelemetry {
  const scorer = new AttributeScorer(settleScorer('anomalyTelemetry', options))
  return {
    spanProcessor: new AnomalySpanProcessor(scorer),
    logRecordProcessor: new AnomalyLogRecordProcessor(scorer),
    sampler: (sampler) => new AnomalySampler(scorer, sampler),
    get counts() {
      return scorer.counts
    },
  }
}
