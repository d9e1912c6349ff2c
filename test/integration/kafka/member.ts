// A member of the group as an operator would run it, and as docs/pipelines.md shows it: what the tests start, kill and
// start again.
import { KafkaScorer } from '../../../plugins/kafka.ts'

const {
  BROKERS = '127.0.0.1:9092',
  GROUP = 'hedgerow',
  EVENTS = 'events',
  VERDICTS = 'verdicts',
  BASELINES,
} = process.env

const scorer = new KafkaScorer({
  connection: { bootstrapBrokers: BROKERS.split(',') },
  groupId: GROUP,
  events: EVENTS,
  verdicts: VERDICTS,
  // Without it, baselines begin anew with each start.
  ...(BASELINES === undefined ? {} : { baselines: BASELINES }),
  sessionTimeoutMs: 6000,
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void scorer.stop())
await scorer.run()
console.log(JSON.stringify(scorer.tally))
