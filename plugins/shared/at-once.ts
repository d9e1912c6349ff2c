import type { RecordCounts, RecordScorer, RecordVerdict } from '../../src/pipeline/record-scorer.ts'

/** Answers of a far store that are on their way at a time. */
const MOST_AWAITED = 1000

/**
 * Scores for a host that cannot wait. What a store says that is far away comes too late: it is learnt all the same, as
 * long as the store keeps up; records that would have to queue for it go on without, and are counted.
 */
export class AtOnceScorer {
  readonly #scorer: RecordScorer
  #awaited = 0
  #left = 0

  constructor(scorer: RecordScorer) {
    this.#scorer = scorer
  }

  score(record: unknown, nowMs: number): RecordVerdict {
    if (this.#awaited === MOST_AWAITED) {
      this.#left++
      return this.#scorer.unanswered()
    }
    const answer = this.#scorer.score(record, nowMs)
    if (!(answer instanceof Promise)) return answer
    this.#awaited++
    // It never rejects.
    void answer.then(() => {
      this.#awaited--
    })
    return this.#scorer.unanswered()
  }

  get counts(): RecordCounts {
    const { records, unscored, ...rest } = this.#scorer.counts
    return {
      ...rest,
      records: records + this.#left,
      unscored: { ...unscored, timeout: unscored.timeout + this.#left },
    }
  }
}
