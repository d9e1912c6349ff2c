import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { activity, scoreIn, scoresOf, type WireEvent } from '../plugins/activity.ts'
import { type Broker, startBroker } from './kafka/broker.ts'
import { type Answer, allAnswered, type Event, produce, readUntil } from './kafka/topics.ts'

const PARTITIONS = 4
const member = fileURLToPath(new URL('kafka/member.ts', import.meta.url))

let broker: Broker
const children: ChildProcess[] = []

beforeAll(async () => {
  broker = await startBroker()
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await broker?.stop()
})

interface Topics {
  readonly EVENTS: string
  readonly VERDICTS: string
  readonly BASELINES: string
  readonly GROUP: string
}

async function topics(name: string, settings: Readonly<Record<string, string>> = {}): Promise<Topics> {
  const named = { EVENTS: `${name}-events`, VERDICTS: `${name}-verdicts`, BASELINES: `${name}-baselines`, GROUP: name }
  await broker.createTopic(named.EVENTS, PARTITIONS, settings)
  await broker.createTopic(named.VERDICTS, PARTITIONS, settings)
  await broker.createTopic(named.BASELINES, PARTITIONS, { 'cleanup.policy': 'compact' })
  return named
}

/** Starts a member; gives its process, and what it said once it has ended. */
function start(topics: Partial<Topics>): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const child = spawn(process.execPath, [member], {
    env: { ...process.env, BROKERS: broker.address, ...topics },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return { child, said: once(child, 'close').then(() => text) }
}

function keyed(events: readonly WireEvent[]): Event[] {
  return events.map((event) => ({ key: event.user_id, value: Buffer.from(JSON.stringify(event)) }))
}

/** Each event's number, and what was said of it, in the order of the verdicts' partition. */
function numbers(
  answers: readonly Answer[],
): { readonly n: number; readonly user: string; readonly score: number | undefined }[] {
  return answers.map(({ value }) => {
    const text = value?.toString() ?? ''
    const event = JSON.parse(text) as WireEvent
    return { n: event.n, user: event.user_id, score: scoreIn(text) }
  })
}

/** Holds the answers against the events: every one, in order for each user, with the engine's own score. */
function expectWhole(events: readonly WireEvent[], answers: readonly Answer[]): { readonly duplicates: number } {
  const expected = scoresOf(events)
  const first = new Map<number, number | undefined>()
  const latest = new Map<string, number>()
  const wrong: number[] = []
  const disordered: number[] = []
  for (const { n, user, score } of numbers(answers)) {
    if (score !== expected[n]) wrong.push(n)
    if (first.has(n)) continue
    first.set(n, score)
    if (n < (latest.get(user) ?? -1)) disordered.push(n)
    latest.set(user, n)
  }
  const missing = events.filter(({ n }) => !first.has(n)).map(({ n }) => n)
  const some = (list: readonly number[]): object => ({ count: list.length, some: list.slice(0, 5) })
  const none = { count: 0, some: [] }
  expect({ missing: some(missing), disordered: some(disordered), wrong: some(wrong) }).toEqual({
    missing: none,
    disordered: none,
    wrong: none,
  })
  return { duplicates: answers.length - first.size }
}

describe('a broker of Apache Kafka in KRaft mode', () => {
  it('gets 100,000 events answered, none missing, each user in order, though the consumer is killed three times', async () => {
    const names = await topics('killed')
    const events = activity(100_000, 500)
    await produce(broker.address, names.EVENTS, keyed(events))
    const begun = Date.now()
    for (const verdicts of [21_000, 47_300, 73_456]) {
      const { child, said } = start(names)
      await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= verdicts)
      child.kill('SIGKILL')
      await said
    }
    const { child, said } = start(names)
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
    const ms = Date.now() - begun
    child.kill('SIGTERM')
    const tally = JSON.parse(await said) as { records: number }
    expect(tally.records).toBeLessThan(30_000)
    const { duplicates } = expectWhole(events, answers)
    console.log(`${events.length} events in ${ms} ms, three times killed; ${duplicates} answered twice`)
    // No more than the batches that were being written.
    expect(duplicates).toBeLessThanOrEqual(3000)
  })

  it('keeps baselines and order while members come and go', async () => {
    const names = await topics('shared')
    const events = activity(30_000, 200, 2)
    const half = keyed(events.slice(0, 15_000))
    await produce(broker.address, names.EVENTS, half)
    const first = start(names)
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 5000)
    const second = start(names)
    await produce(broker.address, names.EVENTS, keyed(events.slice(15_000)))
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 20_000)
    first.child.kill('SIGTERM')
    await first.said
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
    second.child.kill('SIGTERM')
    await second.said
    expectWhole(events, answers)
  })

  it('takes nothing amiss from a member that was asleep while another had its partitions', async () => {
    const names = await topics('asleep')
    const events = activity(40_000, 200, 3)
    await produce(broker.address, names.EVENTS, keyed(events))
    const first = start(names)
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 7000)
    first.child.kill('SIGSTOP')
    const second = start(names)
    // Once the first counts as gone.
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 20_000)
    first.child.kill('SIGCONT')
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
    for (const { child, said } of [first, second]) {
      child.kill('SIGTERM')
      await said
    }
    const { duplicates } = expectWhole(events, answers)
    expect(duplicates).toBeLessThanOrEqual(1000)
  })

  it('passes what is no event as it came, 10 MB of it too', async () => {
    const names = await topics('hostile', { 'max.message.bytes': '12000000' })
    const large = Buffer.from(`{"text":"${'x'.repeat(10_000_000)}"}`)
    const event = activity(1, 1)[0]
    const values: readonly (Buffer | undefined)[] = [
      Buffer.from('no JSON at all'),
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      Buffer.from('{"user_id":{"__proto__":null},"event_type":"login","device_type":"desktop"}'),
      Buffer.from('{"user_id":"u","event_type":"launch","device_type":"desktop","timestamp":"2026-01-05T10:00:00Z"}'),
      Buffer.from('[]'),
      Buffer.from(''),
      undefined,
      large,
      Buffer.from(JSON.stringify({ ...event, text: 'x'.repeat(10_000_000) })),
      Buffer.from(JSON.stringify(event)),
    ]
    await produce(
      broker.address,
      names.EVENTS,
      values.map((value) => ({ value, partition: 1 })),
    )
    const { child, said } = start(names)
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(values.length))
    child.kill('SIGTERM')
    expect(JSON.parse(await said)).toEqual({ records: 9, scored: 2, anomalies: expect.any(Number), passed: 7 })
    expect(answers.map(({ source }) => source)).toEqual(values.map((_, i) => `hostile-events/1/${i}`))
    for (const [i, value] of values.slice(0, 8).entries()) expect(answers[i]?.value ?? undefined).toEqual(value)
    expect(answers.slice(8).map(({ value }) => typeof scoreIn(value ?? ''))).toEqual(['number', 'number'])
  })

  it('writes a record without its verdict where only that fits into the topic', async () => {
    const names = await topics('narrow', { 'max.message.bytes': '2000' })
    const event = activity(1, 1)[0]
    const fitting = Buffer.from(JSON.stringify({ ...event, text: 'x'.repeat(1700) }))
    await produce(broker.address, names.EVENTS, [{ key: 'user-0', value: fitting }])
    const { child, said } = start(names)
    const [answer] = await readUntil(broker.address, names.VERDICTS, allAnswered(1))
    child.kill('SIGTERM')
    await said
    expect(answer?.value).toEqual(fitting)
  })

  it('says what is wrong with its topics', async () => {
    const names = await topics('wrong')
    await broker.createTopic('wrong-few', 1, { 'cleanup.policy': 'compact' })
    const { KafkaScorer } = await import('../../plugins/kafka.ts')
    const connection = { bootstrapBrokers: [broker.address] }
    const options = { connection, groupId: 'wrong', events: names.EVENTS, verdicts: names.VERDICTS }
    await expect(new KafkaScorer({ ...options, baselines: 'wrong-few' }).run()).rejects.toThrow(
      'the topic wrong-few has 1 partitions, wanted 4: as many as wrong-events',
    )
    await expect(new KafkaScorer({ ...options, verdicts: 'nowhere' }).run()).rejects.toThrow(
      'there is no topic nowhere',
    )
  })
})
