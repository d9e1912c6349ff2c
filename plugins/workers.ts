/**
 * Handlers of a Cloudflare Worker that scores logs: what other Workers did (`tail`, `tailStream`), and messages of a Queue.
 *
 *     export default { tail: tailHandler({ sink: (env) => r2Sink(env.LOGS) }) }
 */

export type { SinkOf } from './sinks/sink-of.ts'
export { type MessageBatchLike, type MessageLike, type QueueConsumerOptions, queueConsumer } from './workers/queue.ts'
export { type ContextLike, type TailHandlerOptions, type TailOptions, tailHandler } from './workers/tail.ts'
export { type TailEventLike, type TailStreamHandlers, tailStreamHandler } from './workers/tail-stream.ts'
export { type Exchange, requestRecord, type TraceItemLike, tailRecords } from './workers/trace.ts'
