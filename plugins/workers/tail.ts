import { expectFunction } from '../../src/options.ts'
import { Lanes } from '../shared/lanes.ts'
import type { Raw } from '../shared/raw.ts'
import type { ScoringOptions } from '../shared/settings.ts'
import { deliver, expectSink, type SinkOf, sinkFor } from './deliver.ts'
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
    const delivering = out.deliver(
      items.flatMap((item) => [...recordsOf(item)]),
      env,
    )
    // The handler's own promise is waited for as well, but not by every release of the runtime.
    ctx?.waitUntil(delivering.catch(() => undefined))
    return delivering
  }
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

  /** @throws SinkError where neither sink has taken the records */
  async deliver(records: readonly object[], env: Env): Promise<void> {
    const { sink, deadLetters } = this.#options
    const raws = records.flatMap(textOf)
    if (raws.length === 0) return
    const id = crypto.randomUUID()
    try {
      await deliver(this.#lanes, sinkFor(sink, env), id, raws, Date.now())
    } catch (error) {
      if (deadLetters === undefined) throw error
      const delivery = sinkFor(deadLetters, env).open()
      const untouched = raws.map(({ text }) => ({ line: text, scored: undefined }))
      await delivery.write({ id, records: untouched })
      await delivery.close()
    }
  }
}

/** Nothing for an object that JSON has no words for. */
function textOf(record: object): readonly Raw[] {
  try {
    return [{ text: JSON.stringify(record), bytes: undefined }]
  } catch {
    return []
  }
}
