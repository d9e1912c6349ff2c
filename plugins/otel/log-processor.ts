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
    const { body } = record
    const fields = isFields(body) ? { ...body, ...record.attributes } : record.attributes
    const attributes = this.#scorer.score(fields, record.hrTime)
    if (attributes !== undefined) record.setAttributes(attributes)
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

function isFields(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && !(body instanceof Uint8Array)
}
