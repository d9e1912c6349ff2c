import { queueSink, r2Sink } from '../../../plugins/sinks.ts'
import { queueConsumer, tailHandler, tailStreamHandler } from '../../../plugins/workers.ts'

interface Env {
  BUCKET: R2Bucket
  DEAD: Queue
}

// The bucket takes no key as long as these are: a sink that fails however often it is tried.
const sink = (env: Env) => r2Sink(env.BUCKET, { prefix: 'x'.repeat(2000), attempts: 2, backoffMs: 1 })
const deadLetters = (env: Env) => queueSink(env.DEAD, { tooLarge: 'refuse' })

export default {
  tail: tailHandler<Env>({ sink, deadLetters }),
  tailStream: tailStreamHandler<Env>({ sink, deadLetters }),
  queue: queueConsumer<Env>({ sink, retryDelaySec: 0 }),
} satisfies ExportedHandler<Env>
