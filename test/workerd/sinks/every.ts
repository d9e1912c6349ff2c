import { allOf, queueSink, r2Sink } from '../../../plugins/sinks.ts'
import { queueConsumer, tailHandler, tailStreamHandler } from '../../../plugins/workers.ts'

interface Env {
  BUCKET: R2Bucket
  OUT: Queue
}

// Of test/plugins/workers-sinks.test.ts: every way in, with a bucket and a queue as its sinks.
const sinks = (prefix: string) => (env: Env) =>
  allOf(
    r2Sink(env.BUCKET, { prefix }),
    queueSink(env.OUT, { tooLarge: r2Sink(env.BUCKET, { prefix: `large-${prefix}` }) }),
  )

const consume = queueConsumer<Env>({ sink: sinks('queue/'), retryDelaySec: 0 })

export default {
  tail: tailHandler<Env>({ sink: sinks('tail/') }),
  tailStream: tailStreamHandler<Env>({ sink: sinks('stream/') }),
  async queue(batch, env) {
    if (batch.queue === 'in') return consume(batch, env)
    // Whatever comes out of the queues, and out of those of dead letters, is kept for the test to look at.
    const lines = batch.messages.map(({ body }) => (typeof body === 'string' ? body : JSON.stringify(body)))
    await env.BUCKET.put(`${batch.queue}/${crypto.randomUUID()}`, lines.join('\n'))
  },
} satisfies ExportedHandler<Env>
