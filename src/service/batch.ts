import type { Decision } from '../decision.ts'
import type { BehaviorEvent } from '../event.ts'
import { answerOf } from './answer.ts'
import type { Predictor, Wishes } from './predictor.ts'
import { failure, Refusal } from './problem.ts'
import type { BatchRow, BatchType } from './rows.ts'

export interface BatchSummary {
  rows: number
  anomalies: number
  refused: number
}

export interface BatchSettings {
  readonly type: BatchType
  readonly wishes: Wishes
  readonly flagAt: number
  /** Hears of each decision. */
  readonly onDecision: (decision: Decision) => void
  /** Called once, however it ends. */
  readonly onEnd: (summary: BatchSummary) => void
}

/**
 * The answers to a batch, in its order and kind, while it arrives: a group of rows is read when the client has taken the
 * answers to the one before, so that neither side's haste fills our memory. The first answers are there when it resolves.
 *
 * @throws Refusal where the batch cannot be read before there is any answer; later, the refusal is the last row
 */
export async function answersTo(
  groups: AsyncGenerator<readonly BatchRow[]>,
  predictor: Predictor,
  settings: BatchSettings,
): Promise<ReadableStream<Uint8Array>> {
  const writer = new AnswerWriter(predictor, settings)
  /** However it ends: what is left of the batch is let go, of which only so many are read at a time. */
  const ended = async (): Promise<void> => {
    settings.onEnd(writer.summary)
    await groups.return(undefined)
  }
  let first: Uint8Array | undefined
  try {
    first = await writer.next(groups)
  } catch (error) {
    await ended()
    throw error
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let text: Uint8Array | undefined
        try {
          text = first ?? (await writer.next(groups))
        } catch (error) {
          // The status is sent: what went wrong is the last row.
          controller.enqueue(writer.last(error))
        }
        first = undefined
        if (text !== undefined) return controller.enqueue(text)
        controller.enqueue(writer.end())
        controller.close()
        await ended()
      },
      cancel: ended,
    },
    { highWaterMark: 0 },
  )
}

class AnswerWriter {
  readonly summary: BatchSummary = { rows: 0, anomalies: 0, refused: 0 }
  readonly #predictor: Predictor
  readonly #settings: BatchSettings
  readonly #encoder = new TextEncoder()
  readonly #isList: boolean
  #begun = false

  constructor(predictor: Predictor, settings: BatchSettings) {
    this.#predictor = predictor
    this.#settings = settings
    this.#isList = settings.type === 'application/json'
  }

  /** @returns undefined after the last rows */
  async next(groups: AsyncGenerator<readonly BatchRow[]>): Promise<Uint8Array | undefined> {
    const group = await groups.next()
    if (group.done === true) return undefined
    const events = group.value.filter((row): row is BehaviorEvent => !(row instanceof Refusal))
    const decisions = await this.#predictor.judge(events, this.#settings.wishes)
    let at = 0
    const texts = group.value.map((row) =>
      row instanceof Refusal ? this.#refused(row) : this.#decided(decisions[at++] as Decision),
    )
    return this.#encode(texts)
  }

  last(error: unknown): Uint8Array {
    return this.#encode([this.#refused(asRefusal(error))])
  }

  end(): Uint8Array {
    return this.#encoder.encode(this.#isList ? (this.#begun ? '\n]\n' : '[]\n') : '')
  }

  #decided(decision: Decision): string {
    this.#settings.onDecision(decision)
    try {
      const answer = answerOf(decision, this.#settings.flagAt, this.#settings.wishes.reasons !== 'none')
      if (answer.is_anomaly) this.summary.anomalies++
      this.summary.rows++
      return JSON.stringify(answer)
    } catch (error) {
      return this.#refused(asRefusal(error))
    }
  }

  #refused(refusal: Refusal): string {
    this.summary.refused++
    return JSON.stringify(refusal.toProblem(this.summary.rows++))
  }

  #encode(texts: readonly string[]): Uint8Array {
    if (!this.#isList) return this.#encoder.encode(`${texts.join('\n')}\n`)
    const opening = this.#begun ? ',\n' : '[\n'
    this.#begun = true
    return this.#encoder.encode(opening + texts.join(',\n'))
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  return failure()
}
