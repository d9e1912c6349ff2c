import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { readBaselines, readModel } from './model-file.ts'
import { addReading, addThresholds, type ReadingFlags, type ThresholdFlags, thresholdOptions } from './options.ts'
import { Scorer } from './scorer.ts'

/** What every subcommand that scores a log takes. */
export interface ScoringFlags extends ReadingFlags, ThresholdFlags {
  readonly model?: string
  readonly baselines?: string
  readonly saveBaselines?: string
}

export function addScoring(command: Command): Command {
  return addThresholds(addReading(command))
    .option('--model <file>', 'model file; else the bundled model')
    .option('--baselines <file>', 'baselines to begin with, as train or score wrote them')
}

/** @throws CommandError where a file cannot be read, or an option does not fit the model */
export async function scorerFor(flags: ScoringFlags): Promise<Scorer> {
  const model = await readModel(flags.model)
  const scorer = new Scorer(model, thresholdOptions(flags, model), flags.maxUsers)
  const { baselines, saveBaselines } = flags
  // Those that are saved where they are read from are not there the first time.
  const begins = baselines === saveBaselines && baselines !== undefined && !existsSync(baselines)
  if (baselines !== undefined && !begins) await readBaselines(baselines, model, scorer.baselines)
  return scorer
}
