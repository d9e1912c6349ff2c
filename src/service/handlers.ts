import type { Decision } from '../decision.ts'
import { type BehaviorEvent, type EventProblem, parseEvent } from '../event.ts'
import { userKey } from '../identity.ts'
import { Telemetry } from '../telemetry/index.ts'
import { DecisionMetrics } from '../telemetry/metrics.ts'
import { answerOf } from './answer.ts'
import { answersTo, type BatchSummary } from './batch.ts'
import { bytesOf, mediaTypeOf, parseJson, wholeBody } from './body.ts'
import { heldOn } from './held.ts'
import { modelCard, modelSummary } from './model-card.ts'
import type { Predictor, Wishes } from './predictor.ts'
import { badKey, Refusal } from './problem.ts'
import type { ServiceContext } from './route.ts'
import { BATCH_TYPES, type BatchRow, readRows } from './rows.ts'
import type { Health, Held, Learnt, ModelCard, Problem } from './schemas.ts'
import type { ServiceSettings } from './settings.ts'

const MOST_PROBLEMS_TOLD = 100

/** What the routes do. */
export class Handlers {
  readonly #settings: ServiceSettings
  readonly #predictor: Predictor
  readonly #telemetry: Telemetry
  readonly #metrics = new DecisionMetrics(undefined)
  readonly #startedMs = Date.now()
  #batches = 0

  /** @param hashKey of the hashes by which spans and the log name users */
  constructor(settings: ServiceSettings, predictor: Predictor, hashKey: string) {
    this.#settings = settings
    this.#predictor = predictor
    this.#telemetry = new Telemetry({ logger: undefined, meter: undefined, hashKey })
  }

  readonly predict = async (c: ServiceContext, wishes: Wishes): Promise<Response> => {
    const { limits, model, thresholds } = this.#settings
    mediaTypeOf(c, ['application/json'])
    const value = parseJson(await wholeBody(c, limits.maxEventBytes, limits.bodyTimeoutMs))
    const parsed = parseEvent(value, model.eventTypes)
    if (!parsed.ok) throw new Refusal(422, parsed.problems.map(ofBody))
    const [decision] = await this.#predictor.judge([parsed.event], wishes)
    const answer = answerOf(decision as Decision, thresholds.flagAt, wishes.reasons !== 'none')
    const userHash = await this.#telemetry.hash(userKey(parsed.event.userId))
    this.#telemetry.tell(decision as Decision, () => '/predict', this.#settings.platform.nativeSpan?.(c), userHash)
    c.set('logged', { user_hash: userHash, anomaly: answer.is_anomaly })
    return c.json(answer)
  }

  readonly batch = async (c: ServiceContext, wishes: Wishes): Promise<Response> => {
    const type = mediaTypeOf(c, BATCH_TYPES)
    const rows = this.#rowsOf(c)
    let onEnd: (summary: BatchSummary) => void = () => undefined
    const finished = new Promise<Readonly<Record<string, unknown>>>((resolve) => {
      onEnd = (summary) => resolve({ ...summary })
    })
    const answers = await answersTo(rows, this.#predictor, {
      type,
      wishes,
      flagAt: this.#settings.thresholds.flagAt,
      onDecision: (decision) => this.#metrics.count(decision, () => '/predict/batch'),
      onEnd,
    })
    c.set('finished', finished)
    // Proxies would collect it: nginx does not where it is told so.
    return c.body(answers, 200, { 'Content-Type': type, 'X-Accel-Buffering': 'no' })
  }

  readonly learn = async (c: ServiceContext): Promise<Response> => {
    mediaTypeOf(c, BATCH_TYPES)
    const told: Learnt = { learnt: 0, refused: 0, problems: [] }
    const refuse = (problem: Problem): void => {
      told.refused++
      if (told.problems.length < MOST_PROBLEMS_TOLD) told.problems.push(problem)
    }
    try {
      for await (const rows of this.#rowsOf(c)) {
        const events = rows.filter((row): row is BehaviorEvent => !(row instanceof Refusal))
        const learnt = await this.#teach(events)
        let at = 0
        for (const row of rows) {
          const number = told.learnt + told.refused
          if (row instanceof Refusal) refuse(row.toProblem(number))
          else if (learnt[at++] === true) told.learnt++
          else refuse(badKey().toProblem(number))
        }
      }
    } catch (error) {
      if (error instanceof Refusal) error.learnt = told.learnt
      throw error
    }
    c.set('logged', { rows: told.learnt + told.refused, refused: told.refused })
    return c.json(told)
  }

  readonly showUser = async (c: ServiceContext): Promise<Response> => {
    const baseline = await this.#baselineOf(keyOf(c))
    if (baseline === undefined) throw nothingHeld()
    return c.json(heldOn(baseline, this.#settings.model) satisfies Held)
  }

  readonly forgetUser = async (c: ServiceContext): Promise<Response> => {
    const key = keyOf(c)
    let wasThere: boolean
    try {
      wasThere = await this.#predictor.baselines.delete(key)
    } catch (cause) {
      throw storeFailed(cause)
    }
    if (!wasThere) throw nothingHeld()
    return c.body(null, 204)
  }

  readonly model = (c: ServiceContext): Response => {
    const { model, thresholds } = this.#settings
    return c.json(modelCard(model, this.#predictor, thresholds.flagAt) satisfies ModelCard)
  }

  readonly health = async (c: ServiceContext): Promise<Response> => {
    const { model, platform } = this.#settings
    const why = await platform.notReady?.()
    if (why !== undefined) c.set('logged', { why })
    const health: Health = {
      status: why === undefined ? 'ready' : 'not_ready',
      ...(why === undefined ? {} : { why }),
      model: modelSummary(model),
      uptime_sec: (Date.now() - this.#startedMs) / 1000,
    }
    return c.json(health, why === undefined ? 200 : 503)
  }

  readonly metrics = async (c: ServiceContext): Promise<Response> => {
    const { metrics } = this.#settings.platform
    if (metrics !== undefined) return c.body(await metrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4' })
    const problem = { field: 'metrics', got: 'a service that keeps none', wanted: 'Node, without OTEL_SDK_DISABLED' }
    throw new Refusal(501, problem)
  }

  /** The rows of a batch. Only so many are read at a time: each holds a connection and some memory. */
  #rowsOf(c: ServiceContext): AsyncGenerator<readonly BatchRow[]> {
    const type = mediaTypeOf(c, BATCH_TYPES)
    const { limits, model } = this.#settings
    const { maxBatches, maxBatchBytes, maxEventBytes, idleTimeoutMs } = limits
    const bytes = bytesOf(c, { maxBytes: maxBatchBytes, idleTimeoutMs })
    if (this.#batches >= maxBatches) {
      const problem = { field: 'batches', got: 'one more', wanted: `at most ${maxBatches} at a time` }
      throw new Refusal(503, problem, { headers: { 'Retry-After': '1' } })
    }
    return this.#counted(readRows(bytes, type, model.eventTypes, maxEventBytes))
  }

  async *#counted(rows: AsyncGenerator<readonly BatchRow[]>): AsyncGenerator<readonly BatchRow[]> {
    this.#batches++
    try {
      yield* rows
    } finally {
      this.#batches--
    }
  }

  async #teach(events: readonly BehaviorEvent[]): Promise<readonly boolean[]> {
    try {
      return await this.#predictor.teach(events)
    } catch (cause) {
      throw storeFailed(cause)
    }
  }

  async #baselineOf(key: string): Promise<Float32Array | undefined> {
    try {
      return await this.#predictor.baselines.read(key)
    } catch (cause) {
      throw storeFailed(cause)
    }
  }
}

/** What is wrong with the record as a whole is, with a single event, wrong with the body. */
function ofBody(problem: EventProblem): EventProblem {
  return problem.field === '' ? { ...problem, field: 'body' } : problem
}

function keyOf(c: ServiceContext): string {
  const key = userKey(c.req.param('id') ?? '')
  if (key === undefined) throw badKey()
  return key
}

function nothingHeld(): Refusal {
  return new Refusal(404, { field: 'id', got: 'a user of whom nothing is held', wanted: 'a user who is known' })
}

function storeFailed(cause: unknown): Refusal {
  const problem = { field: 'store', got: 'no answer', wanted: 'the baselines' }
  return new Refusal(503, problem, { headers: { 'Retry-After': '1' }, cause })
}
