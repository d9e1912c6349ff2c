import { describe, expect, it } from 'vitest'
import {
  type MessageLike,
  queueConsumer,
  requestRecord,
  tailHandler,
  tailRecords,
  tailStreamHandler,
} from '../../plugins/workers.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { away, GatheringSink, never } from './gathering-sink.ts'
import { event, HOSTILE_LINES } from './hostile.ts'

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

  it.each(HOSTILE_LINES)('passes %s as it came', async (_, line) => {
    const sink = new GatheringSink()
    const messages = [messageOf(line, 1), messageOf(event('ada'), 2)]
    await queueConsumer({ sink })({ messages }, undefined)
    expect(sink.lines[0]).toBe(line)
    expect(scoreIn(sink.lines[1] ?? '')).toBeGreaterThan(0)
    expect(messages.map(({ outcome }) => outcome)).toEqual(['ack', 'ack'])
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

const REQUEST = {
  method: 'GET',
  url: 'https://shop.example/orders/7?token=secret',
  headers: { 'user-agent': 'curl/8', 'cf-connecting-ip': '192.0.2.7', cookie: 'REDACTED' },
}
const TIME_MS = Date.UTC(2026, 0, 5, 10)
const ITEM = {
  event: { request: REQUEST, response: { status: 200 } },
  eventTimestamp: TIME_MS,
  logs: [] as { timestamp: number; message: unknown }[],
  scriptName: 'shop',
  outcome: 'ok',
}

describe('the records of a tail', () => {
  it('are the request, by names of the semantic conventions, without query and other headers', () => {
    expect(tailRecords(ITEM)).toEqual([
      {
        timestamp: '2026-01-05T10:00:00.000Z',
        'http.request.method': 'GET',
        'url.path': '/orders/7',
        'http.response.status_code': 200,
        'user_agent.original': 'curl/8',
        'client.address': '192.0.2.7',
        script_name: 'shop',
        outcome: 'ok',
      },
    ])
  })

  it('are the events that the Worker logged, where it logged some', () => {
    const logs = [
      { timestamp: TIME_MS + 5, message: ['started', 1] },
      { timestamp: TIME_MS + 10, message: [{ user_id: 'ada', event_type: 'view', device_type: 'mobile' }] },
      { timestamp: TIME_MS + 20, message: [JSON.stringify(event('bob')), '{"event_type":'] },
      { timestamp: TIME_MS + 30, message: undefined },
    ]
    expect(tailRecords({ ...ITEM, logs })).toEqual([
      { timestamp: '2026-01-05T10:00:00.010Z', user_id: 'ada', event_type: 'view', device_type: 'mobile' },
      event('bob'),
    ])
  })

  it.each([
    ['another kind of event', { ...ITEM, event: { cron: '* * * * *', scheduledTime: 1 } }],
    ['no event', { ...ITEM, event: null }],
    ['no time', { ...ITEM, eventTimestamp: null }],
    ['a request that is none', { ...ITEM, event: { request: { method: 1 } } }],
  ])('are none for %s', (_, item) => {
    expect(tailRecords(item)).toEqual([])
  })

  it('hold no address that is none', () => {
    const exchange = {
      ...REQUEST,
      url: 'nowhere',
      headers: {},
      status: undefined,
      timeMs: 0,
      scriptName: undefined,
      outcome: 'ok',
    }
    expect(requestRecord(exchange)).toEqual({
      timestamp: '1970-01-01T00:00:00.000Z',
      'http.request.method': 'GET',
      'url.path': '/',
      outcome: 'ok',
    })
  })
})

describe('the tail handler', () => {
  it('scores requests by their client, and what the sink does not take goes to the dead letters as it was', async () => {
    const [sink, deadLetters] = [new GatheringSink(), new GatheringSink()]
    const tail = tailHandler({ sink, deadLetters })
    await tail([ITEM, ITEM], undefined)
    expect(sink.lines.map(scoreIn)).toEqual([expect.any(Number), expect.any(Number)])
    sink.before = away
    await tail([ITEM], undefined)
    expect(deadLetters.lines).toEqual([JSON.stringify(tailRecords(ITEM)[0])])
    await expect(tailHandler({ sink })([ITEM], undefined)).rejects.toThrow('away')
  })

  it('takes records of your own, whatever they are', async () => {
    const sink = new GatheringSink()
    const circle: Record<string, unknown> = {}
    circle.circle = circle
    const waited: Promise<unknown>[] = []
    const tail = tailHandler({ sink, recordsOf: () => [circle, event('ada'), { x: 1 }] })
    await tail([ITEM], undefined, { waitUntil: (promise) => waited.push(promise) })
    expect(sink.lines.map((line) => scoreIn(line) !== undefined)).toEqual([true, false])
    expect(waited).toHaveLength(1)
  })
})

describe('the tailStream handler', () => {
  const at = (event: { readonly type: string; readonly [field: string]: unknown }) => ({
    timestamp: new Date(TIME_MS),
    event,
  })
  const headers = [
    { name: 'User-Agent', value: 'curl/8' },
    { name: 'CF-Connecting-IP', value: '192.0.2.7' },
  ]
  const onset = at({ type: 'onset', scriptName: 'shop', info: { type: 'fetch', ...REQUEST, headers } })

  it('tells of a request what a tail tells', async () => {
    const sink = new GatheringSink()
    const handlers = tailStreamHandler({ sink })(onset, undefined)
    handlers.return(at({ type: 'return', info: { type: 'fetch', statusCode: 200 } }))
    await handlers.outcome(at({ type: 'outcome', outcome: 'ok' }))
    expect(sink.lines).toHaveLength(1)
    expect(JSON.parse(String(sink.lines[0]))).toMatchObject(tailRecords(ITEM)[0] ?? {})
  })

  it('tells of the events that were logged instead, a hundred at a time', async () => {
    const sink = new GatheringSink()
    const handlers = tailStreamHandler({ sink })(onset, undefined)
    const events = activity(250, 3)
    for (const one of events) await handlers.log(at({ type: 'log', level: 'log', message: [one] }))
    expect(sink.taken.map(({ length }) => length)).toEqual([100, 100])
    await handlers.outcome(at({ type: 'outcome', outcome: 'ok' }))
    expect(sink.lines.map(scoreIn)).toEqual(scoresOf(events))
  })

  it('has nothing to tell of other kinds of invocations', async () => {
    const sink = new GatheringSink()
    const handlers = tailStreamHandler({ sink })(at({ type: 'onset', info: { type: 'alarm' } }), undefined)
    await handlers.log(at({ type: 'log', message: 'truncated', truncated: true }))
    await handlers.outcome(at({ type: 'outcome', outcome: 'ok' }))
    expect(sink.taken).toEqual([])
  })
})
