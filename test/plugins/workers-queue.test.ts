import { describe, expect, it } from 'vitest'
import { type MessageLike, queueConsumer } from '../../plugins/workers.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { away, GatheringSink, never } from './gathering-sink.ts'
import { event } from './hostile.ts'

/** A message that notes what was done with it. */
function messageOf(body: unknown, id: number, attempts = 1): MessageLike & { outcome: string } {
  const message = {
    id: String(id),
    body,
    attempts,
    outcome: '',
    ack() {
      message.outcome += 'ack'
    },
    retry(options?: { delaySeconds?: number }) {
      message.outcome += `retry ${options?.delaySeconds}`
    },
  }
  return message
}

describe('the Queue consumer', () => {
  it('gives the scores of the engine, and acknowledges each message', async () => {
    const sink = new GatheringSink()
    const consume = queueConsumer({ sink })
    const events = activity(500, 20)
    const messages = events.map((one, i) =>
      messageOf(
        [JSON.stringify(one), one, new TextEncoder().encode(JSON.stringify(one)), JSON.stringify(one, undefined, 1)][
          i % 4
        ],
        i,
      ),
    )
    for (let at = 0; at < messages.length; at += 100)
      await consume({ messages: messages.slice(at, at + 100) }, undefined)
    expect(sink.lines.map(scoreIn)).toEqual(scoresOf(events))
    expect(new Set(messages.map(({ outcome }) => outcome))).toEqual(new Set(['ack']))
    expect(sink.lines.some((line) => String(line).includes('\n'))).toBe(false)
  })

  it('has everything come again while the sink is away, later each time, and scores it as if for the first time', async () => {
    const sink = new GatheringSink()
    const consume = queueConsumer({ sink })
    const events = activity(100, 5)
    sink.before = away
    for (const [attempts, delay] of [
      [1, 5],
      [2, 10],
      [3, 20],
      [30, 3600],
    ] as const) {
      const messages = events.map((one, i) => messageOf(one, i, attempts))
      await consume({ messages }, undefined)
      expect(new Set(messages.map(({ outcome }) => outcome))).toEqual(new Set([`retry ${delay}`]))
    }
    sink.before = () => undefined
    await consume({ messages: events.map((one, i) => messageOf(one, i, 5)) }, undefined)
    expect(sink.lines.map(scoreIn)).toEqual(scoresOf(events))
  })

  it('lets one message that no sink takes spoil it for no other', async () => {
    const sink = new GatheringSink()
    const consume = queueConsumer({ sink, retryDelaySec: 0 })
    sink.before = (records) => {
      if (records.some(({ line }) => String(line).includes('poison'))) never()
    }
    const messages = [event('ada'), event('bob', { x: 'poison' }), event('eve')].map((one, i) => messageOf(one, i))
    await consume({ messages }, undefined)
    expect(messages.map(({ outcome }) => outcome)).toEqual(['ack', 'retry 0', 'ack'])
    expect(sink.lines.map((line) => JSON.parse(String(line)).user_id)).toEqual(['ada', 'eve'])
  })

  it('calls a delivery the same only where it is the same messages', async () => {
    const sink = new GatheringSink()
    const consume = queueConsumer({ sink })
    const deliver = (...ids: number[]): Promise<void> =>
      consume({ messages: ids.map((id) => messageOf(event('ada', { id }), id)) }, undefined)
    await deliver(1, 2, 3)
    await deliver(1, 2, 3)
    // Some of them again, with another: whoever knows duplicates by the id must take it.
    await deliver(1, 4)
    await deliver(1)
    const [first, again, ...others] = sink.ids
    expect(again).toBe(first)
    expect(new Set([first, ...others]).size).toBe(3)
  })

  it('leaves what JSON has no words for to the dead letters', async () => {
    const circle: Record<string, unknown> = {}
    circle.circle = circle
    const messages = [circle, 1n, undefined, new Uint8Array([0xff])].map((one, i) => messageOf(one, i))
    const sink = new GatheringSink()
    await queueConsumer({ sink, retryDelaySec: 1 })({ messages }, undefined)
    expect(messages.map(({ outcome }) => outcome)).toEqual(['retry 1', 'retry 1', 'retry 1', 'ack'])
    expect(sink.lines).toEqual([new Uint8Array([0xff])])
  })
})
