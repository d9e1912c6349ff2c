import type { Sink } from './contract.ts'

/** A sink, or what makes one of the bindings, which a Worker has only once it is called. */
export type SinkOf<Env> = Sink | ((env: Env) => Sink)

export function sinkFor<Env>(sink: SinkOf<Env>, env: Env): Sink {
  return typeof sink === 'function' ? sink(env) : sink
}

/** @throws TypeError naming the option */
export function expectSink(option: string, sink: unknown): void {
  if (typeof sink === 'function') return
  if (typeof sink === 'object' && sink !== null && typeof Reflect.get(sink, 'open') === 'function') return
  throw new TypeError(`${option}: wanted a sink, or a function that gives one`)
}
