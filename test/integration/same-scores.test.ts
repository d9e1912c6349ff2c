import { createServer, type Server } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningWorkers, runWorkers } from '../../examples/workers-logs/run.ts'
import { run } from '../cli/command.ts'
import { activity, scoreIn, type WireEvent } from '../plugins/activity.ts'
import { throughMiddleware } from '../plugins/through-middleware.ts'
import { type Broker, startBroker } from './kafka/broker.ts'
import { Group } from './kafka/group.ts'
import { allAnswered, produce, readUntil } from './kafka/topics.ts'
import { keyed } from './kafka/whole.ts'

// The same events through the middleware, the command as a pipe, a broker of Kafka's and a Queue in workerd.

const events = activity(3000, 40, 7)
const lines = events.map((one) => JSON.stringify(one))

let broker: Broker
let group: Group
let workers: RunningWorkers
let sink: Server
const received: string[] = []

beforeAll(async () => {
  broker = await startBroker()
  group = new Group(broker)
  sink = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push(...gunzipSync(Buffer.concat(chunks)).toString().trimEnd().split('\n'))
      response.end()
    })
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const address = sink.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  workers = await runWorkers(`http://127.0.0.1:${port}/`)
})
afterAll(async () => {
  group?.end()
  await broker?.stop()
  await workers?.close()
  sink?.close()
})

/** The score of each event, by its number; none twice. */
function scoresByNumber(answers: readonly string[]): (number | undefined)[] {
  const scores: (number | undefined)[] = []
  for (const answer of answers) scores[(JSON.parse(answer) as WireEvent).n] = scoreIn(answer)
  expect(answers.length).toBe(events.length)
  return scores
}

async function throughPipe(): Promise<(number | undefined)[]> {
  const { stdout } = await run(['score', '-', '-q'], lines.map((line) => `${line}\n`).join(''))
  return scoresByNumber(stdout.split('\n').slice(0, -1))
}

async function throughKafka(): Promise<(number | undefined)[]> {
  const names = await group.topics('same')
  await produce(broker.address, names.EVENTS, keyed(events))
  const { child, said } = group.start(names)
  const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
  child.kill('SIGTERM')
  await said
  return scoresByNumber(answers.map(({ value }) => String(value)))
}

async function throughQueue(): Promise<(number | undefined)[]> {
  await workers.enqueue(events)
  await expect.poll(() => received.length, { timeout: 60_000, interval: 100 }).toBe(events.length)
  return scoresByNumber(received)
}

/** workerd has a release of V8 of its own, whose powers may differ in their last bit. */
const rounded = (scores: readonly (number | null | undefined)[]): string[] =>
  scores.map((score) => score?.toPrecision(14) ?? 'none')

describe('the same events', () => {
  it('get the same scores through the middleware, a pipe and Kafka, to the last bit', async () => {
    const wanted = await throughMiddleware(events)
    expect(wanted).not.toContain(null)
    expect(new Set(wanted).size).toBeGreaterThan(500)
    expect(await throughPipe()).toEqual(wanted)
    expect(await throughKafka()).toEqual(wanted)
  })

  it('get them through a Queue in workerd, to 14 digits', async () => {
    expect(rounded(await throughQueue())).toEqual(rounded(await throughMiddleware(events)))
  })
})
