import { describe, expect, it } from 'vitest'
import { httpReceiver } from '../../plugins/http.ts'
import { queueConsumer, tailHandler } from '../../plugins/workers.ts'
import type { BaselineStore } from '../../src/store/contract.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { GatheringSink } from './gathering-sink.ts'
import { laterStore } from './later-store.ts'
import { attributesOf, type LoggedRequest, requestOf } from './requests.ts'
import { throughMiddleware } from './through-middleware.ts'

// The same events in by every way that needs no foreign server: the same scores, to the last bit. A broker of Kafka's, the
// command and a Queue in workerd get them in test/integration/same-scores.test.ts.

const events = activity(1500, 25, 7)
const requests = events.map(requestOf)
const timed = (request: LoggedRequest) => ({
  ...attributesOf(request),
  timestamp: new Date(request.timeMs).toISOString(),
})

async function throughReceiver(records: readonly object[], store?: BaselineStore): Promise<unknown[]> {
  const sink = new GatheringSink()
  const body = records.map((record) => JSON.stringify(record)).join('\n')
  await httpReceiver({ sink, secret: null, store })(
    new Request('https://logs.example/', { method: 'POST', body }),
    undefined,
  )
  return sink.lines.map(scoreIn)
}

async function throughQueue(records: readonly object[]): Promise<unknown[]> {
  const sink = new GatheringSink()
  const consume = queueConsumer({ sink })
  const actions = { attempts: 1, ack: () => undefined, retry: () => undefined }
  for (let at = 0; at < records.length; at += 100) {
    const messages = records.slice(at, at + 100).map((body, i) => ({ id: String(at + i), body, ...actions }))
    await consume({ messages }, undefined)
  }
  return sink.lines.map(scoreIn)
}

async function throughTail(): Promise<unknown[]> {
  const sink = new GatheringSink()
  const recordsOf = (item: object): object[] => [timed(item as LoggedRequest)]
  const items = requests.map((request) => ({
    ...request,
    event: null,
    eventTimestamp: null,
    logs: [],
    scriptName: null,
    outcome: 'ok',
  }))
  await tailHandler({ sink, recordsOf })(items, undefined)
  return sink.lines.map(scoreIn)
}

describe('the same events', () => {
  it('as requests, log lines, messages and tails get the same scores', async () => {
    const expected = scoresOf(events)
    expect(await throughMiddleware(events)).toEqual(expected)
    expect(await throughReceiver(events)).toEqual(expected)
    expect(await throughReceiver(requests.map(timed))).toEqual(expected)
    expect(await throughReceiver(events, laterStore())).toEqual(expected)
    expect(await throughQueue(events)).toEqual(expected)
    expect(await throughQueue(requests.map(timed))).toEqual(expected)
    expect(await throughTail()).toEqual(expected)
  }, 30_000)
})
