/**
 * The engine: events, baselines, features, forest, model, detector. Pure TypeScript on Web-standard APIs; the middleware,
 * the plug-ins, the service and the command are made of it.
 */
export type {
  BaselineSummary,
  Decision,
  Mode,
  ModelSummary,
  NotScored,
  Outcome,
  Policy,
  Reason,
  Verdict,
} from './decision.ts'
export { decide, decideUnscored } from './decision.ts'
export { Detector } from './detector.ts'
export { ScoreDistribution } from './distribution.ts'
export { DriftMonitor, type FeatureDrift } from './drift.ts'
export {
  type BehaviorEvent,
  type DeviceType,
  EVENT_TYPES,
  type EventProblem,
  formatProblems,
  type ParsedEvent,
  parseEvent,
  type RequestFacts,
} from './event.ts'
export { FEATURE_SET_NAMES, type Feature, type FeatureSet, featureSetNamed } from './features/index.ts'
export { averagePathLength, type FitOptions, Forest, fitForest, forestFromBytes } from './forest/index.ts'
export { averagePrecision, precisionAtTop, rocAuc } from './metrics.ts'
export { layoutIdOf, type Model, modelFromBytes, modelToBytes, summaryOf, type TrainingFacts } from './model.ts'
export { classifyRequest, deviceOf } from './request.ts'
export type { BaselineStore, Baselines, StoreLayout } from './store/contract.ts'
export { MemoryStore, type MemoryStoreOptions } from './store/memory.ts'
export { type AdaptiveBounds, FLAG_AT, type ThresholdOptions } from './thresholds.ts'
