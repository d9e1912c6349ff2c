import build from 'pino-abstract-transport'
import { LineScorer } from '../src/pipeline/line-scorer.ts'
import { type ScoringOptions, settleScorer } from './shared/settings.ts'

/** What can be told to a transport, which lives in a thread of its own: no functions, no stores. */
export interface PinoTransportOptions extends Pick<ScoringOptions, 'flagAt' | 'adaptive' | 'holdShare' | 'explain'> {
  /** How records become events; a function stands in a module of your own that calls this one. */
  readonly map?: ScoringOptions['map']
}

/**
 * A transport that gives every record which tells of what somebody did an `anomaly`, and passes it on to the next of the
 * pipeline, with all others as they came:
 *
 *     pino.transport({ pipeline: [{ target: 'hedgerow/plugins/pino' }, { target: 'pino/file' }] })
 *
 * @throws TypeError where an option is not what it should be, naming it, what it got and what it wanted
 */
export default function anomalyTransport(options: ScoringOptions = {}): unknown {
  const lines = new LineScorer(settleScorer('hedgerow/plugins/pino', options))
  return build(
    async function* (source: AsyncIterable<Line>) {
      for await (const { text } of source) yield `${await lines.lineOf(text)}\n`
    },
    // A line that is no JSON would be dropped: nothing is parsed before it is here.
    { parseLine: (text) => ({ text }), metadata: false, enablePipelining: true },
  )
}

interface Line {
  readonly text: string
}
