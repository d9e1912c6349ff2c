import { queueSink } from '../../../plugins/sinks.ts'
import { tailStreamHandler } from '../../../plugins/workers.ts'

interface Env {
  STREAMED: Queue
}

export default {
  tailStream: tailStreamHandler<Env>({ sink: (env) => queueSink(env.STREAMED, { tooLarge: 'refuse' }) }),
} satisfies ExportedHandler<Env>
