import type { Attributes, Context, HrTime, Link, SamplingDecision, SpanContext, SpanKind } from '@opentelemetry/api'

/**
 * What is used of OpenTelemetry's SDK, 2.x and 3.x alike: described here, so that neither is a dependency. Its own types
 * fit these.
 */

export interface SdkSpan {
  readonly kind: number
  readonly attributes: Attributes
  readonly startTime: HrTime
  spanContext(): SpanContext
  setAttributes(attributes: Attributes): unknown
}

export interface SdkReadableSpan {
  readonly kind: number
  readonly attributes: Attributes
  readonly startTime: HrTime
}

export interface SdkSpanProcessor {
  forceFlush(): Promise<void>
  onStart(span: SdkSpan, parentContext: Context): void
  onEnding(span: SdkSpan): void
  onEnd(span: SdkReadableSpan): void
  shutdown(): Promise<void>
}

export interface SdkLogRecord {
  readonly hrTime: HrTime
  readonly attributes: Readonly<Record<string, unknown>>
  readonly body?: unknown
  setAttributes(attributes: Attributes): unknown
}

export interface SdkLogRecordProcessor {
  forceFlush(): Promise<void>
  onEmit(record: SdkLogRecord, context?: Context): void
  shutdown(): Promise<void>
}

export interface SdkSamplingResult {
  decision: SamplingDecision
  attributes?: Readonly<Attributes>
  traceState?: NonNullable<SpanContext['traceState']>
}

export interface SdkSampler {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SdkSamplingResult
  toString(): string
}

/** SpanKind.SERVER */
export const SERVER = 1

/** As numbers, since the API's own enumeration is deprecated there. */
export const NOT_RECORD: SamplingDecision = 0
export const RECORD: SamplingDecision = 1
export const RECORD_AND_SAMPLED: SamplingDecision = 2
