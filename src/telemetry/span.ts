import * as api from '@opentelemetry/api'
import type { DecisionAttributes } from './attributes.ts'

/** A span of Cloudflare's own tracing. It takes no lists. */
export interface NativeSpan {
  setAttribute(key: string, value: string | number | boolean): unknown
}

/** The active OpenTelemetry span, if anybody is recording one. */
export function recordingSpan(): api.Span | undefined {
  const span = api.trace.getActiveSpan()
  return span?.isRecording() ? span : undefined
}

/**
 * The active span of Workers' own tracing, where there is one: a thing apart from OpenTelemetry's spans.
 *
 * @param executionCtx what Workers hands to the fetch handler; its type does not promise tracing, so nothing is assumed
 */
export function nativeSpan(executionCtx: unknown): NativeSpan | undefined {
  try {
    const { tracing } = executionCtx as { tracing?: { getActiveSpan?: () => unknown } }
    const span = tracing?.getActiveSpan?.()
    return isNativeSpan(span) ? span : undefined
  } catch {
    return undefined
  }
}

export function annotateNative(span: NativeSpan, attributes: DecisionAttributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    span.setAttribute(name, Array.isArray(value) ? value.join(',') : value)
  }
}

function isNativeSpan(span: unknown): span is NativeSpan {
  if (typeof span !== 'object' || span === null || !('setAttribute' in span)) return false
  return typeof span.setAttribute === 'function' && !('isTraced' in span && span.isTraced === false)
}
