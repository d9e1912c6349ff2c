import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emptyTally, Lane } from '../../plugins/shared/lanes.ts'
import { settleScorer } from '../../plugins/shared/settings.ts'
import { analyticsEngineSink, type DataPoint, type Sink, type SinkRecord } from '../../plugins/sinks.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { activity, type WireEvent } from './activity.ts'
import { type RunningDataset, runDataset } from './dataset.ts'

async function deliver(sink: Sink, batches: readonly (readonly SinkRecord[])[], invocation?: object): Promise<void> {
  const delivery = sink.open(invocation)
  for (const [i, batch] of batches.entries()) await delivery.write({ id: `batch-${i}`, records: batch })
  await delivery.close()
}

describe('analyticsEngineSink', () => {
  /** Takes as many points as an invocation may write. */
  function dataset() {
    const points: DataPoint[] = []
    return {
      points,
      writeDataPoint(point: DataPoint) {
        if (points.length === 250) throw new Error('more than 250 points in an invocation')
        points.push(point)
      },
    }
  }

  async function scored(events: number, flagAt = 0.98): Promise<SinkRecord[]> {
    const lane = new Lane('test', { flagAt }, [], new MemoryStore())
    const raws = activity(events, 10).map((event) => ({ text: JSON.stringify(event), bytes: undefined }))
    return lane.score(raws, emptyTally())
  }

  it('writes a point for each verdict, and none for what passes', async () => {
    const to = dataset()
    const batch = await scored(20)
    await deliver(analyticsEngineSink(to), [[{ line: 'ready', scored: undefined }, ...batch]])
    expect(to.points).toHaveLength(20)
    const { event, verdict } = batch[19]?.scored ?? {}
    expect(to.points[19]).toEqual({
      indexes: [event?.eventType],
      blobs: ['scored', event?.eventType, event?.deviceType, verdict?.baseline.level, ''],
      doubles: [1, 0, verdict?.score, verdict?.percentile, verdict?.threshold],
    })
    expect(JSON.stringify(to.points)).not.toContain(event?.userId)
  })

  it('sums up what goes beyond a Worker may write at a time', async () => {
    const to = dataset()
    const batch = await scored(400, 0)
    await deliver(analyticsEngineSink(to), [batch, batch])
    expect(to.points).toHaveLength(201)
    expect(to.points[200]?.doubles.slice(0, 2)).toEqual([600, 600])
    expect(to.points[0]?.blobs[4]).toMatch(/^[a-z_]+(,[a-z_]+){0,2}$/)
  })

  it('writes no more than that in an invocation, however often it delivers, and into however many datasets', async () => {
    const to = dataset()
    const [one, other] = [analyticsEngineSink(to), analyticsEngineSink(to, { limit: 230 })]
    const batch = await scored(100, 1)
    const invocation = {}
    for (let i = 0; i < 60; i++) await deliver(i % 2 === 0 ? one : other, [batch], invocation)
    expect(to.points).toHaveLength(250)
    const singles = to.points.filter(({ blobs: [kind] }) => kind === 'scored')
    expect(singles).toHaveLength(229)
    expect(to.points.filter(({ blobs: [kind] }) => kind === 'rest').map(({ doubles: [events] }) => events)).toEqual([
      100,
      71,
      ...Array(19).fill(100),
    ])
  })

  it('writes anomalies alone where it is told so, under an index of 96 bytes', async () => {
    const to = dataset()
    const batch = await scored(20, 0)
    const calm = await scored(20, 1)
    const indexOf = () => 'ü'.repeat(60)
    await deliver(analyticsEngineSink(to, { points: 'anomalies', indexOf }), [batch, calm])
    expect(to.points).toHaveLength(20)
    expect(to.points[0]?.indexes).toEqual(['ü'.repeat(48)])
  })
})

/** The points that are to come of events of a way in that has seen nothing before. */
function pointsOf(events: readonly WireEvent[]): DataPoint[] {
  const scorer = settleScorer('test', { store: new MemoryStore() })
  return events.map((one) => {
    const answer = scorer.score(one)
    if (answer instanceof Promise || !answer.scored) throw new Error('a memory store answers at once')
    const { isAnomaly, score, percentile, threshold, baseline, reasons } = answer.verdict
    const strongest = isAnomaly ? reasons.slice(0, 3).map(({ feature }) => feature) : []
    return {
      indexes: [one.event_type],
      blobs: ['scored', one.event_type, one.device_type, baseline.level, strongest.join(',')],
      doubles: [1, isAnomaly ? 1 : 0, score, percentile, threshold].map(rounded),
    }
  })
}

/** Another release of V8 takes powers with another last bit. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}

describe('Analytics Engine as the runtime has it', { timeout: 60_000 }, () => {
  let dataset: RunningDataset
  beforeAll(async () => {
    dataset = await runDataset()
  }, 60_000)
  afterAll(() => dataset?.stop())

  it.each(['receiver', 'queue', 'tail', 'stream'])(
    'gets the points of an invocation, what goes beyond 200 summed up, through the %s',
    async (way) => {
      const before = dataset.points.length
      // Each has users of its own, since all four share a process and each its memory.
      const events = activity(350, 10, 5).map((one) => ({ ...one, user_id: `${way}-${one.user_id}` }))
      await dataset.post(
        way,
        events.map((one) => JSON.stringify(one)),
      )
      const rest = way === 'stream' ? [100, 50] : [150]
      await expect.poll(() => dataset.points.length - before, { timeout: 30_000 }).toBe(200 + rest.length)
      const points = dataset.points.slice(before).map((point) => ({ ...point, doubles: point.doubles.map(rounded) }))
      const wanted = pointsOf(events)
      // Each point is a request of its own, and they overtake each other.
      expect(sorted(points.filter(({ indexes: [name] }) => name !== 'rest'))).toEqual(sorted(wanted.slice(0, 200)))
      const sums = points.filter(({ indexes: [name] }) => name === 'rest').map(({ doubles: [events] }) => events)
      expect(sums.sort()).toEqual(rest.sort())
      expect(dataset.complaints()).toBe('')
    },
  )
})

function sorted(points: readonly DataPoint[]): string[] {
  return points.map((point) => JSON.stringify(point)).sort()
}
