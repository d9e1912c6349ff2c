import type { AttributeScorer } from './attribute-scorer.ts'
import type { SdkLogRecord, SdkLogRecordProcessor } from './sdk.ts'

/**
 * Scores log records that tell of what somebody did, by their attributes or, where these tell nothing, by a body with
 * fields. Comes before the processor that exports.
 */
export class AnomalyLogRecordProcessor implements SdkLogRecordProcessor {
  readonly #scorer: AttributeScorer

  constructor(scorer: AttributeScorer) {
    this.#scorer = scorer
  }

  onEmit(record: SdkLogRecord): void {
    const attributes = this.#scorer.score(fieldsOf(record), record.hrTime)
    if (attributes !== undefined) record.setAttributes(attributes)
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

function fieldsOf({ body, attributes }: SdkLogRecord): Readonly<Record<string, unknown>> {
  try {
    return isFields(body) ? { ...body, ...attributes } : attributes
  } catch {
    // A body with a getter or a proxy of somebody's making: the application's logging must not end at it.
    return attributes
  }
}

function isFields(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && !(body instanceof Uint8Array)
}
