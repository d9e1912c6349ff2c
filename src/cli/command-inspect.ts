import type { Command } from 'commander'
import { layoutIdOf, type Model, modelToBytes } from '../model.ts'
import { factsOf } from '../model-facts.ts'
import { readModel } from './model-file.ts'
import { StandardOutput } from './standard-output.ts'
import { count, number } from './words.ts'

/** `hedgerow inspect`: what a model file holds. */
export function addInspect(program: Command, signal: AbortSignal): void {
  program
    .command('inspect')
    .summary('say what a model file holds')
    .description('Says what a model file holds: features, training, thresholds, sizes.')
    .argument('[model]', 'model file; else the bundled model')
    .option('--json', 'as one JSON object')
    .action(async (path: string | undefined, flags: { readonly json?: true }) => {
      const facts = fileFactsOf(await readModel(path))
      const text = flags.json === true ? JSON.stringify(facts, undefined, 2) : inWords(facts)
      await new StandardOutput(signal).write(`${text}\n`)
    })
}

/** What a model file holds: facts of the model, what it reads, and how large things are. */
export function fileFactsOf(model: Model) {
  const { featureSet, forest } = model
  return {
    ...factsOf(model),
    baselines: layoutIdOf(model),
    bytes: { file: modelToBytes(model).length, forest: forest.toBytes().length, baseline: 4 * featureSet.layout.width },
  }
}

type FileFacts = ReturnType<typeof fileFactsOf>

function inWords(facts: FileFacts): string {
  const { training, forest, bytes } = facts
  const wide = Math.max(...facts.features.map(({ feature }) => feature.length))
  const line = (label: string, text: string): string => `${label.padEnd(wide + 2)}${text}`
  return [
    `${facts.name} ${facts.version}`,
    '',
    line('feature set', facts.baselines),
    line('event types', facts.event_types.join(', ')),
    line('trained on', `${count(training.rows, 'event')} of ${count(training.users, 'user')}${spanOf(training)}`),
    line('seed, contamination', `${training.seed}, ${training.contamination}`),
    line(
      'forest',
      `${count(forest.trees, 'tree')} of ${count(forest.sample_size, 'event')}, scored by ${forest.scoring}`,
    ),
    line(
      'sizes',
      `${number(bytes.file)} bytes, of which the forest ${number(bytes.forest)}; a baseline ${number(bytes.baseline)}`,
    ),
    '',
    line('percentile', 'threshold'),
    ...facts.thresholds.map(({ percentile, score }) => line(String(percentile), score.toFixed(4))),
    '',
    line('feature', `${'mean'.padStart(10)}${'scale'.padStart(10)}`),
    ...facts.features.map(({ feature, mean, scale }) =>
      line(feature, mean.toFixed(4).padStart(10) + scale.toFixed(4).padStart(10)),
    ),
  ].join('\n')
}

function spanOf({ from, to }: Model['training']): string {
  return from === null || to === null ? '' : `, ${from.slice(0, 10)} to ${to.slice(0, 10)}`
}
