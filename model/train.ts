import { AT } from '../src/baseline/layout.ts'
import { assumedPopulation, learnPopulation, type Population } from '../src/baseline/population.ts'
import { ScoreDistribution } from '../src/distribution.ts'
import type { BehaviorEvent } from '../src/event.ts'
import type { FeatureSet } from '../src/features/index.ts'
import { Observation } from '../src/features/observation.ts'
import { type FitOptions, fitForest } from '../src/forest/index.ts'
import { histogramsOf } from '../src/histogram.ts'
import type { Model } from '../src/model.ts'
import { crc32 } from '../src/model-container.ts'
import { Random } from '../src/random.ts'
import { MemoryBaselines } from '../src/store/memory.ts'
import { Reservoir } from './reservoir.ts'

export interface TrainOptions {
  readonly name: string
  readonly featureSet: FeatureSet
  readonly eventTypes: readonly string[]
  readonly forest: FitOptions
  /** Share of events expected to be anomalous, 0..0.5: recorded, and the default threshold of who uses the model. */
  readonly contamination: number
  readonly seed: number
  /** Users whose baselines are held while reading, least recently seen forgotten first. */
  readonly maxUsers: number
  /** Told of each event of the second reading, before it is learnt. */
  readonly watch?: Watch | undefined
}

/**
 * @param baseline the user's as it was before the event, undefined where there is none
 * @param features overwritten by the next event's
 */
export type Watch = (event: BehaviorEvent, baseline: Float32Array | undefined, features: Float32Array) => void

/** Feature rows that are kept to fit the forest, to take the distribution of scores and to draw. */
export const SAMPLE_ROWS = 65_536

/** What came of training: the model, and the users' baselines as the log left them. */
export interface Trained {
  readonly model: Model
  readonly baselines: MemoryBaselines
}

/**
 * Trains a model on a log, without labels, in two readings: the first learns the population, the second replays the log
 * as it would have been served, each event's features from the past alone. Memory is bounded whatever the log's length.
 *
 * @param readings called twice; must give the same events each time, in the same order
 * @throws RangeError where the log has no event
 */
export async function train(
  readings: () => AsyncIterable<readonly BehaviorEvent[]>,
  options: TrainOptions,
): Promise<Trained> {
  const { featureSet, eventTypes } = options
  const typeIndex = new Map(eventTypes.map((type, i) => [type, i]))
  const typeOf = (event: BehaviorEvent): number => typeIndex.get(event.eventType) as number

  const population = await readPopulation(readings(), options, typeOf)

  const observation = new Observation(featureSet, population)
  const baselines = new MemoryBaselines(featureSet.layout.width, options.maxUsers)
  const reservoir = new Reservoir(SAMPLE_ROWS, featureSet.features.length, new Random(options.seed))
  const nobody = new Float32Array(featureSet.layout.width)
  let users = 0
  let fromMs = Number.POSITIVE_INFINITY
  let toMs = Number.NEGATIVE_INFINITY
  for await (const events of readings()) {
    for (const event of events) {
      const baseline = baselines.read(event.userId)
      if (baseline === undefined) users++
      const features = observation.observe(event, typeOf(event), baseline ?? nobody)
      options.watch?.(event, baseline, features)
      reservoir.offer(features)
      baselines.update(event.userId, (own) => observation.learn(event, typeOf(event), own))
      if (event.timestampMs === undefined) continue
      fromMs = Math.min(fromMs, event.timestampMs)
      toMs = Math.max(toMs, event.timestampMs)
    }
  }
  if (reservoir.seen === 0) throw new RangeError('Got no events when expected at least one to train on.')

  const rows = reservoir.rows()
  const columns = featureSet.features.length
  const forest = fitForest(rows, columns, { ...featureSet.forest, ...options.forest, seed: options.seed })
  const timed = toMs >= fromMs
  const model: Model = {
    name: options.name,
    version: crc32(forest.toBytes()).toString(16).padStart(8, '0'),
    featureSet,
    eventTypes,
    population,
    forest,
    scores: ScoreDistribution.of(forest.scoreMany(rows)),
    ...moments(rows, columns),
    histograms: histogramsOf(rows, columns),
    training: {
      rows: reservoir.seen,
      users,
      from: timed ? new Date(fromMs).toISOString() : null,
      to: timed ? new Date(toMs).toISOString() : null,
      seed: options.seed,
      contamination: options.contamination,
    },
  }
  return { model, baselines }
}

/** The first reading: baselines under assumptions only, and what they have in common. */
async function readPopulation(
  reading: AsyncIterable<readonly BehaviorEvent[]>,
  options: TrainOptions,
  typeOf: (event: BehaviorEvent) => number,
): Promise<Population> {
  const { layout } = options.featureSet
  const observation = new Observation(options.featureSet, assumedPopulation(layout))
  const baselines = new MemoryBaselines(layout.width, options.maxUsers)
  for await (const events of reading) {
    for (const event of events) {
      baselines.update(event.userId, (own) => observation.learn(event, typeOf(event), own))
    }
  }
  return learnPopulation(layout, knownUsers(baselines))
}

function* knownUsers(baselines: MemoryBaselines): Generator<Float32Array> {
  for (const [, baseline] of baselines.entries()) if ((baseline[AT.events] as number) > 0) yield baseline
}

function moments(rows: Float32Array, columns: number): { mean: Float32Array; scale: Float32Array } {
  const count = rows.length / columns
  const mean = new Float32Array(columns)
  const scale = new Float32Array(columns)
  for (let f = 0; f < columns; f++) {
    let sum = 0
    for (let at = f; at < rows.length; at += columns) sum += rows[at] as number
    let squares = 0
    for (let at = f; at < rows.length; at += columns) squares += ((rows[at] as number) - sum / count) ** 2
    mean[f] = sum / count
    scale[f] = Math.sqrt(squares / count)
  }
  return { mean, scale }
}
