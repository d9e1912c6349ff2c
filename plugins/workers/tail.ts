import { expectFunction } from '../../src/options.ts'
import { Lanes } from '../shared/lanes.ts'
import { jsonOf, type Raw } from '../shared/raw.ts'
import type { ScoringOptions } from '../shared/settings.ts'
import type { Delivery } from '../sinks/contract.ts'
import { expectSink, type SinkOf, sinkFor } from '../sinks/sink-of.ts'
import { deliver } from './deliver.ts'
import { type TraceItemLike, tailRecords } from './trace.ts'

export interface TailOptions<Env = unknown> extends ScoringOptions {
  /** Where the records go. */
  readonly sink: SinkOf<Env>
  /** Where records go that the sink has not taken, as they were logged: no platform sends a tail's events again. */
  readonly deadLetters?: SinkOf<Env>
}

export interface TailHandlerOptions<Env = unknown> extends TailOptions<Env> {
  /** The records of an invocation. Default: the events that the Worker logged, else its request. */
  readonly recordsOf?: (item: TraceItemLike) => Iterable<object>
}

/** The part of a Worker's context that is used. */
export interface ContextLike {
  waitUntil(promise: Promise<unknown>): void
}

/**
 * A Worker's `tail` handler: hands what the Workers that it tails did to a sink, each record with its `anomaly`.
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function tailHandler<Env = unknown>(
  options: TailHandlerOptions<Env>,
): (items: readonly TraceItemLike[], env: Env, ctx?: ContextLike) => Promise<void> {
  const { recordsOf = tailRecords } = options
  const out = new TailOutput('tailHandler', options, ['recordsOf'])
  expectFunction('recordsOf', options.recordsOf)
  return (items, env, ctx) => {
    const { records, failure } = recordsOfAll(items, recordsOf)
    const delivering = out.deliver(records, env, items).then(() => {
      if (failure !== undefined) throw failure.error
    })
    // The handler's own promise is waited for as well, but not by every release of the runtime.
    ctx?.waitUntil(delivering.catch(() => undefined))
    return delivering
  }
}

/** A function of the application's that throws at one invocation takes no other's records with it. */
function recordsOfAll(
  items: readonly TraceItemLike[],
  recordsOf: (item: TraceItemLike) => Iterable<object>,
): { readonly records: readonly object[]; readonly failure: { readonly error: unknown } | undefined } {
  let failure: { readonly error: unknown } | undefined
  const records = items.flatMap((item) => {
    try {
      return [...recordsOf(item)]
    } catch (error) {
      failure ??= { error }
      return []
    }
  })
  return { records, failure }
}

/** The way out that both kinds of tail share. */
export class TailOutput<Env> {
  readonly #lanes: Lanes
  readonly #options: TailOptions<Env>

  constructor(plugin: string, options: TailOptions<Env>, own: readonly string[]) {
    this.#lanes = new Lanes(plugin, options, ['sink', 'deadLetters', ...own])
    expectSink('sink', options.sink)
    if (options.deadLetters !== undefined) expectSink('deadLetters', options.deadLetters)
    this.#options = options
  }

  /**
   * @param invocation the same object for all deliveries of an invocation
   * @throws SinkError where neither sink has taken the records; TypeError, once the others are delivered, where one has no
   * words in JSON
   */
  async deliver(records: readonly object[], env: Env, invocation: object): Promise<void> {
    const texts = records.map(jsonOf)
    const raws = texts.flatMap((text): Raw[] => (text === undefined ? [] : [{ text, bytes: undefined }]))
    if (raws.length > 0) await this.#deliver(raws, env, invocation)
    const left = records.length - raws.length
    if (left > 0) throw new TypeError(`${left} of ${records.length} records are no JSON values, and were left out`)
  }

  async #deliver(raws: readonly Raw[], env: Env, invocation: object): Promise<void> {
    const { sink, deadLetters } = this.#options
    const id = crypto.randomUUID()
    try {
      await deliver(this.#lanes, sinkFor(sink, env).open(invocation), id, raws, Date.now())
    } catch (error) {
      if (deadLetters === undefined) throw error
      await bury(sinkFor(deadLetters, env).open(invocation), id, raws)
    }
  }
}

/** Has a sink take records as they were logged. */
async function bury(delivery: Delivery, id: string, raws: readonly Raw[]): Promise<void> {
  try {
    await delivery.write({ id, records: raws.map(({ text }) => ({ line: text, scored: undefined })) })
    await delivery.close()
  } catch (error) {
    await delivery.abort()
    throw error
  }
}
