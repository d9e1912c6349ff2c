import type { Command } from 'commander'
import { type Evaluation, evaluate } from '../../model/evaluate.ts'
import { emptyFacts, gatherFacts } from '../baseline/facts.ts'
import { evaluationInWords } from './evaluation-words.ts'
import { CommandError } from './exit.ts'
import { inputsOf } from './inputs.ts'
import { Judgements } from './judgements.ts'
import { type Labels, readLabels } from './labels.ts'
import { type OlderEvaluation, OlderRecipe } from './older-recipe.ts'
import { readingOptions } from './options.ts'
import { Progress, totalBytes } from './progress.ts'
import { readInputs } from './records.ts'
import { Refusals } from './refusals.ts'
import { say } from './say.ts'
import { addScoring, type ScoringFlags, scorerFor } from './scoring.ts'
import { StandardOutput } from './standard-output.ts'

interface Flags extends ScoringFlags {
  readonly labels: string
  readonly json?: true
  /** False where it is told `--no-older`. */
  readonly older: boolean
}

/** `hedgerow evaluate`: how well a model tells the events that labels mark. */
export function addEvaluate(program: Command, signal: AbortSignal): void {
  const command = program
    .command('evaluate')
    .summary('say how well a model finds what labels mark')
    .description(
      'Scores a labelled log, each event by what came before it, and says how well the scores find what the labels mark; ' +
        'beside it the older recipe, where python3 with scikit-learn is installed. Holds about 20 bytes for each event.',
    )
  addScoring(command)
    .requiredOption(
      '--labels <file>',
      'row,kind: row counts the records of all inputs from 0; kind is empty for normal',
    )
    .option('--no-older', 'leave the older recipe out')
    .option('--json', 'as one JSON object')
    .action((events: readonly string[], flags: Flags) => run(events, flags, signal))
}

async function run(paths: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const scorer = await scorerFor(flags)
  const { eventTypes } = scorer.detector.model
  const options = readingOptions(flags, eventTypes)
  const labels = await readLabels(flags.labels, signal)
  const inputs = await inputsOf(paths, signal)

  const older = flags.older ? new OlderRecipe(eventTypes) : undefined
  const refusals = new Refusals(flags.strict === true)
  const judgements = new Judgements()
  const facts = emptyFacts()
  const progress = new Progress(flags.quiet !== true)
  let row = 0
  try {
    progress.begin('scoring', totalBytes(inputs))
    for await (const { input, rows, eventOf } of readInputs(inputs, options, signal, progress)) {
      refusals.noteAll(input, rows)
      for (const each of rows) {
        if (each.kind === 'event') {
          const event = eventOf(each)
          const kind = labels.kindOf(row)
          const verdict = scorer.score(event, false, (_, baseline) => {
            if (older === undefined || older.tooMany) return
            gatherFacts(facts, event, 0, baseline ?? scorer.nobody)
            older.add(event, facts.sessionDurationSec, facts.eventsInSession, kind)
          })
          judgements.add(verdict, kind)
        }
        if (each.kind === 'event' || each.kind === 'problem') row++
      }
    }
  } finally {
    progress.stop()
  }
  const evaluation = evaluationOf(judgements, labels, row)
  const beside = older === undefined ? 'the older recipe was left out' : await older.evaluate(signal)
  const text =
    flags.json === true
      ? JSON.stringify(inJson(evaluation, beside, older?.kinds ?? []), undefined, 2)
      : evaluationInWords(evaluation, beside, older?.kinds ?? [])
  await new StandardOutput(signal).write(`${text}\n`)
  if (flags.quiet !== true) say([...scorer.order.summary(), ...refusals.summary()])
}

/** @throws CommandError where labels and log do not belong together */
export function evaluationOf(judgements: Judgements, labels: Labels, rows: number): Evaluation {
  if (labels.rows > rows)
    throw new CommandError(`labels name row ${labels.rows - 1}, but the log has ${rows} records, counted from 0`)
  const { odd, events } = judgements
  if (odd === 0 || odd === events)
    throw new CommandError(`got ${odd} anomalies among ${events} labelled events, wanted some of both kinds`)
  return evaluate(judgements.judged(), judgements.kinds)
}

function inJson(evaluation: Evaluation, older: OlderEvaluation | string, kinds: readonly string[]): unknown {
  const { rocAuc, averagePrecision, precisionAtTop2 } = evaluation
  return {
    events: evaluation.events,
    anomalies: evaluation.anomalies,
    roc_auc: rocAuc,
    average_precision: averagePrecision,
    precision_at_top_2: precisionAtTop2,
    flagged: evaluation.flagged,
    kinds: evaluation.kinds.map(({ kind, events, rocAuc: auc, recall }) => ({ kind, events, roc_auc: auc, recall })),
    older:
      typeof older === 'string'
        ? { missing: older }
        : {
            scikit_learn: older.version,
            roc_auc: older.rocAuc,
            average_precision: older.averagePrecision,
            precision_at_top_2: older.precisionAtTop2,
            flagged: older.flagged,
            kinds: older.kinds.map(({ kind, rocAuc: auc, recall }) => ({ kind: kinds[kind], roc_auc: auc, recall })),
          },
  }
}
