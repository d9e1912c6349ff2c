import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { activity, scoreIn } from '../plugins/activity.ts'
import { event, HOSTILE_EVENTS, HOSTILE_LINES } from '../plugins/hostile.ts'
import { type Broker, startBroker } from './kafka/broker.ts'
import { Group } from './kafka/group.ts'
import { allAnswered, produce, readUntil } from './kafka/topics.ts'
import { expectWhole, keyed } from './kafka/whole.ts'

let broker: Broker
let group: Group

beforeAll(async () => {
  broker = await startBroker()
  group = new Group(broker)
})
afterAll(async () => {
  group?.end()
  await broker?.stop()
})

describe('a broker of Apache Kafka in KRaft mode', () => {
  it('gets 100,000 events answered, none missing, each user in order, though the consumer is killed three times', async () => {
    const names = await group.topics('killed')
    const events = activity(100_000, 500)
    await produce(broker.address, names.EVENTS, keyed(events))
    const begun = Date.now()
    for (const verdicts of [21_000, 47_300, 73_456]) {
      const { child, said } = group.start(names)
      await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= verdicts)
      child.kill('SIGKILL')
      await said
      // In the middle of it: it had not come to an end by itself.
      expect(child.signalCode).toBe('SIGKILL')
    }
    const { child, said } = group.start(names)
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
    const names = await group.topics('shared')
    const events = activity(30_000, 200, 2)
    const half = keyed(events.slice(0, 15_000))
    await produce(broker.address, names.EVENTS, half)
    const first = group.start(names)
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 5000)
    const second = group.start(names)
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
    const names = await group.topics('asleep')
    const events = activity(40_000, 200, 3)
    await produce(broker.address, names.EVENTS, keyed(events))
    const first = group.start(names)
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 7000)
    first.child.kill('SIGSTOP')
    const second = group.start(names)
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

  it('passes what is no event as it came, 10 MB of it too, and scores what is between', async () => {
    const names = await group.topics('hostile', { 'max.message.bytes': '12000000' })
    const good = Buffer.from(JSON.stringify(event('bob')))
    const hostile: readonly (readonly [what: string, value: Buffer | undefined])[] = [
      ['a tombstone', undefined],
      ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
      ...HOSTILE_LINES.map(([what, line]) => [what, Buffer.from(line)] as const),
    ]
    const events = HOSTILE_EVENTS.map(([, line]) => Buffer.from(line))
    const values = [...hostile.flatMap(([, value]) => [value, good]), ...events]
    await produce(
      broker.address,
      names.EVENTS,
      values.map((value) => ({ value, partition: 1 })),
    )
    const { child, said } = group.start(names)
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(values.length))
    child.kill('SIGTERM')
    const scored = hostile.length + events.length
    // Nothing was said in a tombstone.
    const records = values.length - 1
    expect(JSON.parse(await said)).toMatchObject({ records, scored, passed: records - scored })
    expect(answers.map(({ source }) => source)).toEqual(values.map((_, i) => `hostile-events/1/${i}`))
    const changed = hostile.filter(([, value], i) => !isDeepStrictEqual(answers[2 * i]?.value ?? undefined, value))
    expect(changed.map(([what]) => what)).toEqual([])
    const unscored = answers.filter(
      ({ value }, i) => (i % 2 === 1 || i >= 2 * hostile.length) && scoreIn(value ?? 'null') === undefined,
    )
    expect(unscored.length).toBe(0)
  })

  it('writes a record without its verdict where only that fits into the topic', async () => {
    const names = await group.topics('narrow', { 'max.message.bytes': '2000' })
    const record = activity(1, 1)[0]
    const fitting = Buffer.from(JSON.stringify({ ...record, text: 'x'.repeat(1700) }))
    await produce(broker.address, names.EVENTS, [{ key: 'user-0', value: fitting }])
    const { child, said } = group.start(names)
    const [answer] = await readUntil(broker.address, names.VERDICTS, allAnswered(1))
    child.kill('SIGTERM')
    await said
    expect(answer?.value).toEqual(fitting)
  })

  it('says what is wrong with its topics', async () => {
    const names = await group.topics('wrong')
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
