import { basename, extname } from 'node:path'
import { type Command, Option } from 'commander'
import { recipe } from '../../model/recipe.ts'
import { type TrainOptions, train } from '../../model/train.ts'
import type { BehaviorEvent } from '../event.ts'
import { FEATURE_SET_NAMES, featureSetNamed } from '../features/index.ts'
import { type Model, modelToBytes } from '../model.ts'
import { MAX_EVENT_TYPES } from '../model-header.ts'
import type { RecordOptions } from '../records/index.ts'
import { CommandError } from './exit.ts'
import { type Input, inputsOf, rereadable } from './inputs.ts'
import { readLabels } from './labels.ts'
import { baselinesFile } from './model-file.ts'
import { addReading, decimal, eventTypesWith, integer, names, type ReadingFlags, readingOptions } from './options.ts'
import { OrderCheck } from './order.ts'
import { expectWritable, writeWhole } from './output-file.ts'
import { Progress, totalBytes } from './progress.ts'
import { readInputs } from './records.ts'
import { Refusals } from './refusals.ts'
import { say } from './say.ts'
import { count, number } from './words.ts'

interface Flags extends ReadingFlags {
  readonly out: string
  readonly name?: string
  readonly trees: number
  readonly sample: number
  readonly contamination: number
  readonly seed: number
  readonly features: string
  readonly eventTypes: readonly string[]
  readonly report?: string
  readonly baselines?: string
  readonly labels?: string
}

/** `hedgerow train`: a model from a log, without labels. */
export function addTrain(program: Command, signal: AbortSignal): void {
  const command = program
    .command('train')
    .summary('train a model on a log, without labels')
    .description(
      'Trains a model on a log in two readings: the first learns the population, the second replays the log as it would ' +
        'have been served. Memory does not grow with the log. What cannot be read twice is kept in a private temporary file.',
    )
  addReading(command)
    .requiredOption('--out <file>', 'model file to write')
    .option('--name <name>', 'name of the model, else that of its file', name)
    .option('--trees <n>', 'trees in the forest', integer(1, 4096), 200)
    .option('--sample <n>', 'events that each tree is grown from', integer(2, 65_536), 256)
    .option('--contamination <share>', 'share of events to be flagged unless told otherwise', decimal(0, 0.5), 0.02)
    .option('--seed <n>', 'the same log and seed give the same model', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .addOption(new Option('--features <set>', 'feature set').choices(FEATURE_SET_NAMES).default('behavior'))
    .option('--event-types <list>', "an application's own event types, beside the built-in ones", names, [])
    .option('--report <file>', 'write a page by which to judge the model; takes a third reading')
    .option('--labels <file>', 'labels (row,kind) for the metrics of the report; training never sees them')
    .option('--baselines <file>', "write the users' baselines as the log leaves them")
    .action((events: readonly string[], flags: Flags) => run(events, flags, signal))
}

async function run(paths: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const options = trainOptions(flags)
  const reading = readingOptions(flags, options.eventTypes)
  if (flags.labels !== undefined && flags.report === undefined)
    throw new CommandError('--labels: got no --report, wanted one to show the metrics in')
  for (const path of [flags.out, flags.report, flags.baselines]) if (path !== undefined) await expectWritable(path)
  const labels = flags.labels === undefined ? undefined : await readLabels(flags.labels, signal)
  const given = await inputsOf(paths, signal)
  const progress = new Progress(flags.quiet !== true)
  progress.begin('reading', totalBytes(given))
  const { inputs, close } = await rereadable(given, signal, (bytes) => progress.bytes(bytes)).finally(() =>
    progress.stop(),
  )
  try {
    const refusals = new Refusals(flags.strict === true)
    const order = new OrderCheck()
    const model = await trainOn(inputs, options, reading, flags.baselines, { refusals, order, progress, signal })
    if (flags.report !== undefined) {
      const { reportOf } = await import('./report/index.ts')
      const log = { inputs, reading, labels, refusals, order, maxUsers: flags.maxUsers }
      progress.begin('scoring for the report', totalBytes(inputs))
      const page = await reportOf(model, log, progress, signal).finally(() => progress.stop())
      await writeWhole(flags.report, [page], signal)
    }
    const bytes = modelToBytes(model)
    await writeWhole(flags.out, [bytes], signal)
    if (flags.quiet !== true) {
      const { rows, users, from, to } = model.training
      const span = from === null || to === null ? '' : `, ${from.slice(0, 10)} to ${to.slice(0, 10)}`
      say([
        `${flags.out}: ${model.name} ${model.version}, ${number(bytes.length)} bytes, from ${count(rows, 'event')} of ${count(users, 'user')}${span}`,
        ...(users > flags.maxUsers ? [forgotten(flags.maxUsers)] : []),
        ...order.summary(),
        ...refusals.summary(),
      ])
    }
  } finally {
    await close()
  }
}

function forgotten(maxUsers: number): string {
  return `more users than --max-users ${number(maxUsers)}: those not seen for longest were forgotten, and count anew where they came back`
}

interface Company {
  readonly refusals: Refusals
  readonly order: OrderCheck
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * Trains, and writes the baselines at once where they are wanted: afterwards their memory is free for the report, which
 * begins with none.
 */
async function trainOn(
  inputs: readonly Input[],
  options: TrainOptions,
  reading: RecordOptions,
  baselinesPath: string | undefined,
  { refusals, order, progress, signal }: Company,
): Promise<Model> {
  let readings = 0
  const events = async function* (): AsyncGenerator<readonly BehaviorEvent[]> {
    readings++
    const first = readings === 1
    progress.begin(first ? 'training 1/2' : 'training 2/2', totalBytes(inputs))
    for await (const { input, rows, eventOf } of readInputs(inputs, reading, signal, progress)) {
      if (first) refusals.noteAll(input, rows)
      yield rows.flatMap((row) => (row.kind === 'event' ? [eventOf(row)] : []))
    }
  }
  try {
    const watch: TrainOptions['watch'] = (event, baseline) => order.note(event, baseline)
    const { model, baselines } = await train(events, { ...options, watch })
    if (baselinesPath !== undefined) await writeWhole(baselinesPath, [baselinesFile(model, baselines)], signal)
    return model
  } catch (error) {
    if (!(error instanceof RangeError) || !error.message.startsWith('Got no events')) throw error
    throw new CommandError(['the log has no events to train on', ...refusals.first].join('; '), { cause: error })
  } finally {
    progress.stop()
  }
}

/** The bundled model's recipe, with what was asked for otherwise. */
function trainOptions(flags: Flags): TrainOptions {
  const base = recipe(flags.seed)
  const eventTypes = eventTypesWith(flags.eventTypes)
  if (eventTypes.length > MAX_EVENT_TYPES)
    throw new CommandError(`--event-types: got ${eventTypes.length} in all, wanted at most ${MAX_EVENT_TYPES}`)
  const featureSet = featureSetNamed(flags.features, eventTypes)
  if (featureSet === undefined) throw new CommandError(`--features: got ${flags.features}, which is none`)
  return {
    ...base,
    name: flags.name ?? name(basename(flags.out, extname(flags.out))),
    featureSet,
    eventTypes,
    forest: { ...base.forest, trees: flags.trees, sampleSize: flags.sample },
    contamination: flags.contamination,
    maxUsers: flags.maxUsers,
  }
}

/** A model's name is a dimension of metrics and stands in headers: short, printable, without spaces. */
function name(text: string): string {
  if (/^[\w.-]{1,80}$/.test(text)) return text
  throw new CommandError(
    `--name: got ${JSON.stringify(text.slice(0, 80))}, wanted 1 to 80 letters, digits, dots and dashes`,
  )
}
