/** Where the HTTP receiver, the tail and the Queue consumer put records: each a value that is made once. */

export {
  type AnalyticsEngineSinkOptions,
  analyticsEngineSink,
  type DataPoint,
  type DatasetLike,
} from './sinks/analytics-engine.ts'
export { allOf, type Delivery, type Sink, type SinkBatch, SinkError, type SinkRecord } from './sinks/contract.ts'
export { type HttpSinkOptions, httpSink } from './sinks/http.ts'
export { type QueueLike, type QueueMessage, type QueueSinkOptions, queueSink } from './sinks/queue.ts'
export { type BucketLike, type R2SinkOptions, r2Sink, type UploadLike, type UploadPart } from './sinks/r2.ts'
