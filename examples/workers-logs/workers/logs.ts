import { httpReceiver } from '../../../plugins/http.ts'
import { allOf, analyticsEngineSink, httpSink, r2Sink } from '../../../plugins/sinks.ts'
import { queueConsumer, tailHandler } from '../../../plugins/workers.ts'
import { MemoryStore } from '../../../src/index.ts'

interface Env {
  LOGS: R2Bucket
  VERDICTS: AnalyticsEngineDataset
  SIEM_URL: string
  LOG_SECRET: string
}

// One for all three ways in. Isolates share no memory: for more than a trial, a store that they share.
const store = new MemoryStore()

// What is posted, and what is tailed: every record in a bucket, and a data point for each verdict.
const kept = (env: Env) => allOf(r2Sink(env.LOGS), analyticsEngineSink(env.VERDICTS))
const receive = httpReceiver<Env>({ store, sink: kept, secret: (env) => `Bearer ${env.LOG_SECRET}` })
const tail = tailHandler<Env>({ store, sink: kept, deadLetters: (env) => r2Sink(env.LOGS, { prefix: 'dead/' }) })

// What is queued: to somebody else. What they do not take comes again, and lies in the queue of dead letters in the end.
const forward = queueConsumer<Env>({
  store,
  sink: (env) => httpSink({ url: env.SIEM_URL, attempts: 1 }),
  retryDelaySec: 1,
})

export default {
  fetch: receive,
  tail,
  async queue(batch, env) {
    if (batch.queue === 'activity') return forward(batch, env)
    for (const { id, body } of batch.messages) {
      await env.LOGS.put(`${batch.queue}/${id}`, typeof body === 'string' ? body : JSON.stringify(body))
    }
  },
} satisfies ExportedHandler<Env>
