import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { activity } from '../plugins/activity.ts'
import { type Broker, startBroker } from './kafka/broker.ts'
import { Group } from './kafka/group.ts'
import { allAnswered, produce, readUntil } from './kafka/topics.ts'
import { expectWhole, keyed } from './kafka/whole.ts'

// Members that are killed at every seam of their work, and brokers that go away.

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

describe('the Kafka scorer', () => {
  it('answers every event, and a batch twice at most, wherever between reading and committing it is killed', async () => {
    const names = await group.topics('seams')
    const events = activity(40_000, 200, 4)
    await produce(broker.address, names.EVENTS, keyed(events))
    // Writes are of verdicts and of baselines, by turns: before the verdicts are there, before the baselines are, before
    // the offsets are, and after.
    for (const crash of ['writing:7', 'written:9', 'written:8', 'committing:3', 'committed:5']) {
      const { child, said } = group.start(names, { crash })
      await said
      expect([crash, child.signalCode]).toEqual([crash, 'SIGKILL'])
    }
    const { child, said } = group.start(names)
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
    child.kill('SIGTERM')
    await said
    const { duplicates } = expectWhole(events, answers)
    // Only where verdicts were there and baselines were not is nobody there to tell that they had been answered.
    expect(duplicates).toBeGreaterThan(0)
    expect(duplicates).toBeLessThanOrEqual(1000)
  })

  it('answers every event without a topic of baselines too, from a new beginning after each crash', async () => {
    const { BASELINES: _, ...names } = await group.topics('memory')
    const events = activity(20_000, 200, 5)
    await produce(broker.address, names.EVENTS, keyed(events))
    for (const crash of ['written:3', 'committing:4']) {
      const { child, said } = group.start(names, { crash })
      await said
      expect([crash, child.signalCode]).toEqual([crash, 'SIGKILL'])
    }
    const { child, said } = group.start(names)
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
    child.kill('SIGTERM')
    await said
    const { duplicates } = expectWhole(events, answers, null)
    expect(duplicates).toBeGreaterThan(0)
    expect(duplicates).toBeLessThanOrEqual(2000)
  })

  it('ends when it is told to though the broker is gone, and the next one goes on where it was', async () => {
    const names = await group.topics('gone')
    const events = activity(60_000, 200, 6)
    await produce(broker.address, names.EVENTS, keyed(events))
    const first = group.start(names, { quiet: true })
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 5000)
    await broker.crash()
    first.child.kill('SIGTERM')
    await first.said
    await broker.comeBack()
    const second = group.start(names)
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
    second.child.kill('SIGTERM')
    await second.said
    expectWhole(events, answers)
  })

  it('goes on when a broker that was away is back, by itself or started again', async () => {
    const names = await group.topics('away')
    const events = activity(60_000, 200, 7)
    await produce(broker.address, names.EVENTS, keyed(events))
    let done = false
    let member = group.start(names, { quiet: true })
    const supervising = (async () => {
      for (;;) {
        await member.said
        if (done) return
        member = group.start(names, { quiet: true })
      }
    })()
    await readUntil(broker.address, names.VERDICTS, (answers) => answers.length >= 5000)
    await broker.crash()
    await broker.comeBack()
    const answers = await readUntil(broker.address, names.VERDICTS, allAnswered(events.length))
    done = true
    member.child.kill('SIGTERM')
    await supervising
    expectWhole(events, answers)
  })
})
