import { describe, expect, it } from 'vitest'
import { httpReceiver } from '../../plugins/http.ts'
import { anomalyTelemetry } from '../../plugins/otel.ts'
import { scoreStream } from '../../plugins/stream.ts'
import { anomalyFormat } from '../../plugins/winston.ts'
import { queueConsumer } from '../../plugins/workers.ts'
import { scoreIn } from './activity.ts'
import { GatheringSink } from './gathering-sink.ts'
import { event } from './hostile.ts'
import { HungStore } from './hung-store.ts'

// A store that hangs holds a stream up for one budget, not for one an event; nothing piles up, nothing is lost.

const BUDGET_MS = 50

/** Budgets, on a machine that is busy; with one for each event, they would be ten times as many. */
const FEW = 200
const records = Array.from({ length: 2000 }, (_, n) => event('ada', { n }))
const lines = records.map((record) => JSON.stringify(record))

/** What a promise comes to, and after how many budgets. */
async function timed<T>(promise: Promise<T>): Promise<{ readonly value: T; readonly budgets: number }> {
  const begun = performance.now()
  const value = await promise
  return { value, budgets: (performance.now() - begun) / BUDGET_MS }
}

const numbers = (out: readonly (string | Uint8Array)[]): unknown[] =>
  out.map((line) => (JSON.parse(String(line)) as { n: unknown }).n)
const inOrder = records.map(({ n }) => n)

function receiver(store: HungStore, sink: GatheringSink) {
  const receive = httpReceiver({ sink, secret: null, store, budgetMs: BUDGET_MS })
  return (body: string) => receive(new Request('https://logs.example/', { method: 'POST', body }), undefined)
}

describe('a store that hangs', { timeout: 30_000 }, () => {
  it('holds up the HTTP receiver for little, which passes all there is', async () => {
    const sink = new GatheringSink()
    const post = receiver(new HungStore(), sink)
    const { value, budgets } = await timed(post(lines.join('\n')))
    expect(await value.json()).toEqual({ records: 2000, scored: 0, anomalies: 0, passed: 2000 })
    expect(numbers(sink.lines)).toEqual(inOrder)
    expect(budgets).toBeLessThan(FEW)
  })

  it('is no reason to have delivered records sent again, where it hangs only when it is to learn', async () => {
    const store = new HungStore()
    store.hangs = 'learning'
    const sink = new GatheringSink()
    const { value, budgets } = await timed(receiver(store, sink)(lines.join('\n')))
    expect([value.status, sink.taken.length]).toEqual([200, 1])
    expect(sink.lines.every((line) => scoreIn(line) !== undefined)).toBe(true)
    expect(budgets).toBeLessThan(FEW)
  })

  it('holds up the Queue consumer for little, which acknowledges all there is', async () => {
    const sink = new GatheringSink()
    const outcomes: string[] = []
    const actions = { attempts: 1, ack: () => outcomes.push('ack'), retry: () => outcomes.push('retry') }
    const messages = records.map((body, i) => ({ id: String(i), body, ...actions }))
    const consume = queueConsumer({ sink, store: new HungStore(), budgetMs: BUDGET_MS })
    const { budgets } = await timed(consume({ messages }, undefined))
    expect(outcomes).toEqual(Array(2000).fill('ack'))
    expect(numbers(sink.lines)).toEqual(inOrder)
    expect(budgets).toBeLessThan(FEW)
  })

  it('holds up a stream for little, which says of each event why it has no score', async () => {
    const stream = scoreStream({ store: new HungStore(), budgetMs: BUDGET_MS })
    const source = new Blob([lines.map((line) => `${line}\n`).join('')]).stream()
    const { value, budgets } = await timed(new Response(source.pipeThrough(stream)).text())
    const out = value.split('\n').slice(0, -1)
    expect(numbers(out)).toEqual(inOrder)
    const whys = out.map((line) => (JSON.parse(line) as { anomaly: { why: string } }).anomaly.why)
    expect(new Set(whys)).toEqual(new Set(['timeout', 'store']))
    expect(budgets).toBeLessThan(FEW)
  })

  it('is asked again after a while, and scores come back with it', async () => {
    const store = new HungStore()
    const sink = new GatheringSink()
    const post = receiver(store, sink)
    await post(lines.slice(0, 10).join('\n'))
    store.hangs = 'nothing'
    await expect
      .poll(async () => {
        await post(lines[10] ?? '')
        return scoreIn(sink.lines.at(-1) ?? '')
      })
      .toBeGreaterThan(0)
  })

  it('has no more events waiting for it than a bound, where the host waits for none', async () => {
    const store = new HungStore()
    // Slow enough never to be left alone.
    const format = anomalyFormat({ store, budgetMs: 600_000 })
    const telemetry = anomalyTelemetry({ store, budgetMs: 600_000 })
    const attributes: Record<string, unknown> = {}
    for (let i = 0; i < 5000; i++) {
      const info = format.transform({ level: 'info', message: '', ...event(`user-${i}`) })
      expect(info.anomaly).toMatchObject({ state: 'not_scored', why: 'timeout' })
      const body = event(`user-${i}`)
      const setAttributes = (more: object): object => Object.assign(attributes, more)
      telemetry.logRecordProcessor.onEmit({ hrTime: [1767603600, 0], attributes: {}, body, setAttributes })
    }
    expect(attributes).toMatchObject({ 'anomaly.state': 'not_scored', 'anomaly.why': 'timeout' })
    for (const { counts } of [format, telemetry])
      expect(counts).toMatchObject({ records: 5000, scored: 0, unscored: { timeout: 4000 } })
    expect(store.calls).toBe(2000)
  })
})
