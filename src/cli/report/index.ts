import { basename } from 'node:path'
import type { Model } from '../../model.ts'
import type { RecordOptions } from '../../records/index.ts'
import { evaluationOf } from '../command-evaluate.ts'
import type { Input } from '../inputs.ts'
import { Judgements } from '../judgements.ts'
import type { Labels } from '../labels.ts'
import { thresholdOptions } from '../options.ts'
import type { OrderCheck } from '../order.ts'
import { readInputs, type Watcher } from '../records.ts'
import type { Refusals } from '../refusals.ts'
import { Scorer } from '../scorer.ts'
import { curvesOf } from './curves.ts'
import { Gatherer } from './gather.ts'
import { pageOf } from './page.ts'

/** The log that a model was trained on, and what its readings have found. */
export interface ReadLog {
  readonly inputs: readonly Input[]
  readonly reading: RecordOptions
  readonly labels: Labels | undefined
  readonly refusals: Refusals
  readonly order: OrderCheck
  readonly maxUsers: number
}

/** Reads the log once more, scores it as it would have been served, and writes the page. */
export async function reportOf(model: Model, log: ReadLog, watcher: Watcher, signal: AbortSignal): Promise<string> {
  const { inputs, labels } = log
  const scorer = new Scorer(model, thresholdOptions({}, model), log.maxUsers)
  const gathered = new Gatherer(model)
  const judgements = labels === undefined ? undefined : new Judgements()
  let row = 0
  for await (const { input, rows, eventOf } of readInputs(inputs, log.reading, signal, watcher)) {
    for (const each of rows) {
      if (each.kind === 'event') {
        const { line } = each
        const event = eventOf(each)
        const kind = labels?.kindOf(row)
        const verdict = scorer.score(event, false, (said, baseline) =>
          gathered.add(event, said, () => scorer.detector.features(event, baseline)),
        )
        gathered.strangest.offer(each.event, verdict, () => `${basename(input.name)}, line ${line}`, kind)
        judgements?.add(verdict, kind ?? '')
      }
      if (each.kind === 'event' || each.kind === 'problem') row++
    }
  }
  const judged =
    judgements === undefined || labels === undefined
      ? undefined
      : { evaluation: evaluationOf(judgements, labels, row), curves: curvesOf(judgements.judged(), judgements.kinds) }
  const read = {
    inputs: inputs.map(({ name }) => (name === '-' ? 'standard input' : name)),
    refused: log.refusals.total,
    firstRefused: log.refusals.first,
    order: log.order.summary(),
  }
  return pageOf(model, scorer.detector.threshold, gathered, read, judged)
}
