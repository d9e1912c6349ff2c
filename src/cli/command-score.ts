import type { Command } from 'commander'
import type { Model } from '../model.ts'
import { AnomalyWriter } from '../pipeline/anomaly-text.ts'
import { Output } from '../pipeline/output.ts'
import { Renderer } from '../pipeline/render.ts'
import { inputsOf } from './inputs.ts'
import { terminationEndsInput } from './interrupt.ts'
import { baselinesFile } from './model-file.ts'
import { readingOptions } from './options.ts'
import { expectWritable, writeWhole } from './output-file.ts'
import { Progress, totalBytes } from './progress.ts'
import { readInputs } from './records.ts'
import { Refusals } from './refusals.ts'
import { answerRsyslog } from './rsyslog.ts'
import { say } from './say.ts'
import type { Scorer } from './scorer.ts'
import { addScoring, type ScoringFlags, scorerFor } from './scoring.ts'
import { StandardOutput } from './standard-output.ts'
import { count, percent } from './words.ts'

interface Flags extends ScoringFlags {
  readonly explain?: true
  /** False where it is told `--no-reasons`. */
  readonly reasons: boolean
  readonly rsyslog?: true
}

/** `hedgerow score`: every record to stdout, in order, with its verdict. */
export function addScore(program: Command, signal: AbortSignal): void {
  const command = program
    .command('score')
    .summary('write every record with its anomaly score')
    .description(
      'Writes every record to stdout as NDJSON, in order, with an "anomaly" object; with - as a pipe, line by line ' +
        'without delay. Each event is judged by what came before it, then learnt. Lines that do not parse pass through unscored.',
    )
  addScoring(command)
    .option('--save-baselines <file>', 'write the baselines as they are in the end; may be the same file')
    .option('--explain', 'reasons for every event, not for anomalies alone; an event then takes five times as long')
    .option('--no-reasons', 'no reasons at all')
    .option('--rsyslog', 'answers to messages as rsyslog asks for them (mmexternal), with - alone')
    .action((events: readonly string[], flags: Flags) => score(events, flags, signal))
}

async function score(paths: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const scorer = await scorerFor(flags)
  const { model } = scorer.detector
  if (flags.saveBaselines !== undefined) await expectWritable(flags.saveBaselines)
  const ending = paths.includes('-') ? terminationEndsInput() : undefined
  const inputs = await inputsOf(paths, signal, ending)
  const options = readingOptions(flags, model.eventTypes)
  const stdout = new StandardOutput(signal)
  if (flags.rsyslog === true) {
    await answerRsyslog(inputs, scorer, options, stdout)
    await save(flags, model, scorer, signal)
    return
  }

  const writer = new AnomalyWriter(model, scorer.detector.threshold, flags.reasons)
  const renderer = new Renderer(scorer, writer, flags.explain === true)
  const refusals = new Refusals(flags.strict === true)
  const progress = new Progress(flags.quiet !== true && !process.stdout.isTTY)
  const out = new Output()
  try {
    progress.begin('scoring', totalBytes(inputs))
    for await (const { input, format, rows, eventOf } of readInputs(inputs, options, signal, progress)) {
      if (rows.length === 0) renderer.finish(out)
      renderer.render(refusals.before(rows), format, eventOf, out)
      await stdout.write(out.take())
      refusals.noteAll(input, rows)
    }
  } finally {
    progress.stop()
  }
  await save(flags, model, scorer, signal)
  if (flags.quiet !== true) say(summary(scorer, refusals))
}

async function save({ saveBaselines }: Flags, model: Model, scorer: Scorer, signal: AbortSignal): Promise<void> {
  if (saveBaselines !== undefined) await writeWhole(saveBaselines, [baselinesFile(model, scorer.baselines)], signal)
}

function summary(scorer: Scorer, refusals: Refusals): string[] {
  const { events, flagged, order } = scorer
  const share = events === 0 ? '' : ` (${percent(flagged / events)})`
  return [
    `${count(events, 'event')} scored, ${count(flagged, 'anomaly', 'anomalies')}${share}`,
    ...strangeness(scorer),
    ...order.summary(),
    ...refusals.summary(),
  ]
}

/** A log of which so many times the share is flagged that was asked for is of another world than the model. */
const FAR_MORE = 5
const ENOUGH_EVENTS = 1000

function strangeness({ events, flagged, detector }: Scorer): string[] {
  const wanted = 1 - detector.flagAt
  if (events < ENOUGH_EVENTS || wanted === 0 || flagged <= FAR_MORE * wanted * events) return []
  return [
    `far more than the ${percent(wanted)} asked for: behaviour here is not what the model was trained on; train one on your own log, hedgerow train LOG --out FILE`,
  ]
}
