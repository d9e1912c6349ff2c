import { describe, expect, it } from 'vitest'
import { requestRecord, tailHandler, tailRecords, tailStreamHandler } from '../../plugins/workers.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { away, GatheringSink, never } from './gathering-sink.ts'
import { event } from './hostile.ts'

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

  it('takes records of your own, and says so where one is no JSON value', async () => {
    const sink = new GatheringSink()
    const circle: Record<string, unknown> = {}
    circle.circle = circle
    const waited: Promise<unknown>[] = []
    const tail = tailHandler({ sink, recordsOf: () => [circle, event('ada'), { x: 1 }] })
    const delivered = tail([ITEM], undefined, { waitUntil: (promise) => waited.push(promise) })
    await expect(delivered).rejects.toThrow('1 of 3 records are no JSON values, and were left out')
    expect(sink.lines.map((line) => scoreIn(line) !== undefined)).toEqual([true, false])
    expect(waited).toHaveLength(1)
  })

  it('delivers what it can where a function of your own fails, and fails then', async () => {
    const sink = new GatheringSink()
    const recordsOf = ({ scriptName }: { scriptName: string | null }): object[] => {
      if (scriptName === 'odd') throw new Error('odd')
      return [event('ada')]
    }
    const tail = tailHandler({ sink, recordsOf })
    await expect(tail([ITEM, { ...ITEM, scriptName: 'odd' }, ITEM], undefined)).rejects.toThrow('odd')
    expect(sink.lines).toHaveLength(2)
  })

  it('takes dead letters back that could not be buried', async () => {
    const [sink, deadLetters] = [new GatheringSink(), new GatheringSink()]
    sink.before = away
    deadLetters.before = never
    await expect(tailHandler({ sink, deadLetters })([ITEM], undefined)).rejects.toThrow('will never take it')
    expect([sink.aborted, deadLetters.aborted]).toEqual([1, 1])
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

  it('keeps order where the runtime waits for nothing, and the sink is slow', async () => {
    const sink = new GatheringSink()
    let left = 3
    sink.before = async () => {
      for (let turns = 10 * left--; turns > 0; turns--) await new Promise(setImmediate)
    }
    const handlers = tailStreamHandler({ sink })(onset, undefined)
    const events = activity(250, 3)
    for (const one of events) void handlers.log(at({ type: 'log', level: 'log', message: [one] }))
    await handlers.outcome(at({ type: 'outcome', outcome: 'ok' }))
    expect(sink.taken.map(({ length }) => length)).toEqual([100, 100, 50])
    expect(sink.lines.map((line) => JSON.parse(String(line)).n)).toEqual(events.map(({ n }) => n))
    expect(sink.lines.map(scoreIn)).toEqual(scoresOf(events))
  })

  it('goes on after what the sink did not take, and tells of it at the end', async () => {
    const sink = new GatheringSink()
    let writes = 0
    sink.before = () => {
      if (writes++ === 0) away()
    }
    const handlers = tailStreamHandler({ sink })(onset, undefined)
    for (const one of activity(150, 3)) await handlers.log(at({ type: 'log', level: 'log', message: [one] }))
    await expect(handlers.outcome(at({ type: 'outcome', outcome: 'ok' }))).rejects.toThrow('the sink is away')
    expect(sink.taken.map(({ length }) => length)).toEqual([50])
  })

  it('has nothing to tell of other kinds of invocations', async () => {
    const sink = new GatheringSink()
    const handlers = tailStreamHandler({ sink })(at({ type: 'onset', info: { type: 'alarm' } }), undefined)
    await handlers.log(at({ type: 'log', message: 'truncated', truncated: true }))
    await handlers.outcome(at({ type: 'outcome', outcome: 'ok' }))
    expect(sink.taken).toEqual([])
  })
})
