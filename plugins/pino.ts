import build from 'pino-abstract-transport'
import { LineScorer } from '../src/pipeline/line-scorer.ts'
import { type ScoringOptions, settleScorer } from './shared/settings.ts'

export type { Activity, RecordMap } from '../src/records/index.ts'
export type { ScoringOptions } from './shared/settings.ts'

/** A stream that pino writes lines to, and that passes them on. */
export interface PinoTransport {
  write(line: string): unknown
}

/**
 * A transport that gives every record which tells of what somebody did an `anomaly`, and passes it on to the next of the
 * pipeline, with all others as they came:
 *
 *     pino.transport({ pipeline: [{ target: 'hedgerow/plugins/pino' }, { target: 'pino/file' }] })
 *
 * A transport lives in a thread of its own, to which options go as data: where the model, the store or the map is more
 * than that, the target is a module of the application's, whose default export calls this function.
 *
 * @throws TypeError where an option is not what it should be, naming it, what it got and what it wanted
 */
export default function anomalyTransport(options: ScoringOptions = {}): PinoTransport {
  const lines = new LineScorer(settleScorer('hedgerow/plugins/pino', options))
  const score = async function* (source: AsyncIterable<Line>): AsyncGenerator<string> {
    for await (const { text } of source) {
      const scored = lines.lineOf(text)
      yield `${typeof scored === 'string' ? scored : await scored}\n`
    }
  }
  // pino-abstract-transport would drop lines that are no JSON, or null: it is to parse none.
  return pipe(score, { parseLine: (text) => ({ text }), metadata: false, enablePipelining: true })
}

interface Line {
  readonly text: string
}

/** Its types know no generators, which its documentation has. */
const pipe = build as unknown as (
  score: (source: AsyncIterable<Line>) => AsyncGenerator<string>,
  options: { parseLine(text: string): Line; metadata: false; enablePipelining: true },
) => PinoTransport
