import { isPlausible, type Population, populationFrom, populationWidth } from './baseline/population.ts'
import type { ModelSummary } from './decision.ts'
import { LEVELS, ScoreDistribution } from './distribution.ts'
import { type FeatureSet, featureSetNamed } from './features/index.ts'
import { type Forest, forestFromBytes } from './forest/index.ts'
import { BINS, type FeatureHistograms } from './histogram.ts'
import { readContainer, writeContainer } from './model-container.ts'
import { type ModelHeader, readHeader } from './model-header.ts'
import type { StoreLayout } from './store/contract.ts'

/** What a model was trained on. */
export interface TrainingFacts {
  readonly rows: number
  readonly users: number
  /** First and last event, ISO 8601; null where the events carried no time. */
  readonly from: string | null
  readonly to: string | null
  readonly seed: number
  readonly contamination: number
}

/** Everything that turns an event and a baseline into a percentile. */
export interface Model {
  readonly name: string
  readonly version: string
  readonly featureSet: FeatureSet
  /** The event types that it knows, in the order in which baselines count them. */
  readonly eventTypes: readonly string[]
  readonly population: Population
  readonly forest: Forest
  readonly scores: ScoreDistribution
  /** Mean and standard deviation of each feature in training: a scaler. The forest does without; reasons use the mean. */
  readonly mean: Float32Array
  readonly scale: Float32Array
  /** Each feature's distribution in training, to hold later ones against. */
  readonly histograms: FeatureHistograms
  readonly training: TrainingFacts
}

/** How spans, decisions and logs name a model. */
export function summaryOf(model: Model): ModelSummary {
  return { name: model.name, version: model.version, featureSet: model.featureSet.name }
}

/** Names the layout of the baselines that a model reads: models of one layout can share them. */
export function layoutIdOf(model: Model): string {
  return `${model.featureSet.name}-${model.featureSet.hash}`
}

/** What a store is opened with, to keep the baselines that a model reads. */
export function layoutOf(model: Model): StoreLayout {
  return { id: layoutIdOf(model), width: model.featureSet.layout.width }
}

/** A model as one file; `modelFromBytes` reads it. The same model gives the same bytes. */
export function modelToBytes(model: Model): Uint8Array<ArrayBuffer> {
  const header: ModelHeader = {
    name: model.name,
    version: model.version,
    feature_set: model.featureSet.name,
    feature_set_hash: model.featureSet.hash,
    features: model.featureSet.features.map(({ name }) => name),
    event_types: model.eventTypes,
    training: model.training,
  }
  const numbers = [
    model.population.values,
    model.mean,
    model.scale,
    model.scores.quantiles,
    model.histograms.edges,
    model.histograms.shares,
  ]
  return writeContainer(JSON.stringify(header), numbers, model.forest.toBytes())
}

/**
 * Reads a model file.
 *
 * @param bytes from anyone: checked throughout, in time and memory proportional to their length
 * @throws RangeError naming the first thing that is wrong, what it got and what it expected
 */
export function modelFromBytes(bytes: Uint8Array): Model {
  const container = readContainer(bytes)
  const header = readHeader(container.header)
  const featureSet = featureSetNamed(header.feature_set, header.event_types)
  if (featureSet === undefined) {
    throw new RangeError(`model: got feature set "${header.feature_set}", which this version does not have`)
  }
  const { name, hash, features, layout } = featureSet
  if (hash !== header.feature_set_hash) {
    throw new RangeError(
      `model: got feature set ${name} ${header.feature_set_hash} when expected ${hash}: trained on features that this version computes otherwise`,
    )
  }
  const names = features.map((feature) => feature.name).join()
  if (header.features.join() !== names)
    throw new RangeError(`model: got features ${header.features.join()} when expected ${names}`)
  const forest = forestFromBytes(container.forest)
  if (forest.columns !== features.length) {
    throw new RangeError(`model: got a forest of ${forest.columns} features when expected ${features.length}`)
  }
  const run = (index: number, what: string, length: number): Float32Array => {
    const values = container.runs[index] ?? new Float32Array(0)
    if (values.length !== length) throw new RangeError(`model: got ${values.length} ${what} when expected ${length}`)
    if (!values.every(Number.isFinite)) throw new RangeError(`model: got ${what} that are not all finite`)
    return values
  }
  const population = populationFrom(layout, run(0, 'population numbers', populationWidth(layout)))
  if (!isPlausible(population)) {
    throw new RangeError(
      'model: got population numbers with a variance below 0, or a strength or probability of 0 or less',
    )
  }
  return {
    name: header.name,
    version: header.version,
    featureSet,
    eventTypes: header.event_types,
    population,
    forest,
    mean: run(1, 'feature means', features.length),
    scale: run(2, 'feature scales', features.length),
    scores: new ScoreDistribution(run(3, 'score quantiles', LEVELS.length)),
    histograms: {
      edges: run(4, 'histogram edges', 2 * features.length),
      shares: run(5, 'histogram shares', BINS * features.length),
    },
    training: header.training,
  }
}
