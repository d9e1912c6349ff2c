import { randomUUID } from 'node:crypto'
import { constants } from 'node:os'
import { FLAG_AT } from '../src/thresholds.ts'
import { countAnswer, emptyTally, readAccessLog } from './access-log.ts'
import { HELP, readArguments, UsageError } from './arguments.ts'
import { Client, type DemoRequest } from './client.ts'
import { Collector } from './collector.ts'
import { type Progress, startProgress } from './progress.ts'
import { type Exchange, LANES, replay } from './replay.ts'
import { caughtText, flaggedText, linesText, scoredText, spanText, strangestText } from './report.ts'
import { simulateDay } from './simulation.ts'
import { Tally } from './tally.ts'
import { startWorker } from './workerd.ts'

/** Users in the table of the strangest. */
const MOST_STRANGE = 10

let finished = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]))
}
// The progress bar reads Ctrl-C itself, and would call it success.
process.once('exit', (code) => {
  if (!finished && code === 0) process.exitCode = 128 + constants.signals.SIGINT
})
// Whoever reads along may have seen enough: `npm run demo | head`.
process.stdout.once('error', () => process.exit(1))

try {
  const options = readArguments(process.argv.slice(2))
  if (options.run === 'help') process.stdout.write(HELP)
  else if (options.run === 'log') await showLog(options.file, options.limit)
  else await showSimulation(options.users)
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
finished = true

/** A day of simulated users in the example app. */
async function showSimulation(users: number): Promise<void> {
  const jwtSecret = randomUUID()
  const day = await simulateDay(users, jwtSecret)
  say(
    `${users} simulated users. Their first ${day.daysLearnt} days, ${day.eventsLearnt.toLocaleString('en')} events, are learnt; the next,`,
    `${day.date}, is replayed over HTTP against the example app in workerd.\n`,
  )
  const tally = new Tally(MOST_STRANGE)
  const { requests, baselines } = day
  const progress = startProgress(`Replaying ${day.date}`, requests.length)
  const collector = await run(
    './worker/index.ts',
    { jwtSecret, baselines },
    requests,
    progress,
    ([request, answer]) => {
      if (answer.decision === undefined) throw new Error(`${request.method} ${request.target}: status ${answer.status}`)
      tally.count(request, answer.decision)
    },
  )
  say(scoredText(tally, collector.spans), '')
  sayStrangest(tally, collector, { labelled: true, oneDay: true })
  say(caughtText(tally, FLAG_AT))
}

/** An access log, against an app that answers as the log says. */
async function showLog(file: string, limit: number): Promise<void> {
  const lines = emptyTally()
  const tally = new Tally(MOST_STRANGE)
  const progress = startProgress('Replaying', undefined)
  const worker = { jwtSecret: '', baselines: new Uint8Array(0) }
  const requests = readAccessLog(file, limit, lines)
  const collector = await run('./worker/site.ts', worker, requests, progress, ([request, answer]) => {
    countAnswer(lines, request.line, answer)
    if (answer.decision !== undefined) tally.count(request, answer.decision)
  })
  if (lines.replayed === 0) {
    const [first] = lines.examples
    const why = first === undefined ? '' : `; line ${first.line}: ${first.reason}`
    throw new Error(`${file}: no line of it is a request of an access log${why}`)
  }
  say(linesText(lines), scoredText(tally, collector.spans), flaggedText(tally, FLAG_AT), '')
  sayStrangest(tally, collector, { labelled: false, oneDay: false })
  say(
    'The bundled model knows simulated users of an application, and no website: there a page brings its images',
    'with it, faster than any of them clicks. A model trained on the log of the site itself tells more.',
  )
}

function sayStrangest(tally: Tally, collector: Collector, columns: { labelled: boolean; oneDay: boolean }): void {
  const { strangest } = tally
  const [first] = strangest
  if (first === undefined) return
  say('The strangest, one request a user:\n', strangestText(strangest, columns), '')
  const span = collector.spanOf(first.decision.id)
  if (span !== undefined) say('The span of the first, as it was exported:\n', spanText(span), '')
}

/** Replays requests against a Worker in workerd; gives the collector that its spans went to. */
async function run(
  entry: string,
  worker: { readonly jwtSecret: string; readonly baselines: Uint8Array },
  requests: AsyncIterable<DemoRequest> | Iterable<DemoRequest>,
  progress: Progress,
  take: (exchange: Exchange) => void,
): Promise<Collector> {
  let outcome = 'Stopped'
  const collector = await Collector.start()
  try {
    const running = await startWorker({ entry, ...worker, collectorPort: collector.port })
    const client = new Client(running.port, LANES)
    try {
      for await (const exchange of replay(requests, client)) {
        take(exchange)
        progress.advance(1)
      }
      await client.flush()
      outcome = 'Replayed'
      return collector
    } finally {
      client.close()
      running.stop()
    }
  } finally {
    progress.stop(outcome)
    collector.stop()
  }
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
