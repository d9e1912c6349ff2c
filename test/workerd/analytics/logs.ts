import { httpReceiver } from '../../../plugins/http.ts'
import { analyticsEngineSink } from '../../../plugins/sinks.ts'
import { queueConsumer, tailHandler, tailStreamHandler } from '../../../plugins/workers.ts'

interface Env {
  VERDICTS: AnalyticsEngineDataset
}

// Of test/plugins/analytics-engine.test.ts: every way into Analytics Engine, each with baselines of its own.
const sink = (env: Env) => analyticsEngineSink(env.VERDICTS)

export default {
  fetch: httpReceiver<Env>({ sink, secret: null }),
  queue: queueConsumer<Env>({ sink }),
  tail: tailHandler<Env>({ sink }),
  tailStream: tailStreamHandler<Env>({ sink }),
} satisfies ExportedHandler<Env>
