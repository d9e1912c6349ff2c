import { describe, expect, it } from 'vitest'
import { evaluate, scoreOnline } from '../model/evaluate.ts'
import { recipe } from '../model/recipe.ts'
import { type LabelledEvent, simulate } from '../model/simulate/index.ts'
import { train } from '../model/train.ts'
import type { BehaviorEvent } from '../src/event.ts'
import { FEATURE_SET_NAMES, featureSetNamed } from '../src/features/index.ts'
import type { Model } from '../src/model.ts'
import { Random } from '../src/random.ts'

const eventsOf = (labelled: readonly LabelledEvent[]): BehaviorEvent[] => labelled.map(({ event }) => event)
const kindsOf = (labelled: readonly LabelledEvent[]): string[] => labelled.map(({ kind }) => kind)

async function trainOn(
  events: readonly BehaviorEvent[],
  options: Partial<ReturnType<typeof recipe>> = {},
): Promise<Model> {
  const { model } = await train(
    async function* () {
      yield events
    },
    { ...recipe(3), ...options },
  )
  return model
}

const training = simulate({ seed: 41 })
const fresh = simulate({ seed: 42 })
const model = await trainOn(eventsOf(training))
const said = scoreOnline(model, eventsOf(fresh), {})
const quality = evaluate(said, kindsOf(fresh))

describe('a model trained without labels, on activity that it has not seen, each event judged with the past alone', () => {
  it('ranks odd events over normal ones', () => {
    expect(quality.rocAuc).toBeGreaterThan(0.985)
    expect(quality.averagePrecision).toBeGreaterThan(0.8)
    expect(quality.precisionAtTop2).toBeGreaterThan(0.75)
  })

  it('finds every kind of anomaly better than chance by far, and most kinds nearly always', () => {
    expect(quality.kinds.length).toBeGreaterThanOrEqual(7)
    const well = quality.kinds.filter(({ rocAuc }) => rocAuc > 0.97)
    expect(well.length).toBeGreaterThanOrEqual(7)
    for (const { kind, rocAuc } of quality.kinds) expect(rocAuc, kind).toBeGreaterThan(0.6)
  })

  it('does not score everything alike', () => {
    const sorted = said.scores.slice().sort()
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] as number
    expect(at(0.999) - at(0.5)).toBeGreaterThan(0.2)
    expect(new Set(said.scores).size).toBeGreaterThan(1000)
  })

  it.each([0.005, 0.02, 0.05, 0.1])('flags about the share it is asked for: %d', (share) => {
    const { flagged } = scoreOnline(model, eventsOf(fresh), { flagAt: 1 - share })
    const got = flagged.reduce((sum, flag) => sum + flag, 0) / flagged.length
    expect(got).toBeGreaterThan(share * 0.6)
    expect(got).toBeLessThan(share * 1.6)
  })

  it('does better than flagging all, by F1', () => {
    const caught = said.flagged.reduce((sum, flag, i) => sum + (flag === 1 && fresh[i]?.kind !== '' ? 1 : 0), 0)
    const flags = said.flagged.reduce((sum, flag) => sum + flag, 0)
    const odd = kindsOf(fresh).filter((kind) => kind !== '').length
    const f1 = (2 * caught) / (flags + odd)
    const all = (2 * odd) / (fresh.length + odd)
    expect(f1).toBeGreaterThan(10 * all)
  })

  it('does better than the older recipe’s features', async () => {
    const older = await trainOn(eventsOf(training), {
      featureSet: featureSetNamed('classic', model.eventTypes) ?? model.featureSet,
    })
    const olderQuality = evaluate(scoreOnline(older, eventsOf(fresh), {}), kindsOf(fresh))
    expect(older.featureSet.name).toBe('classic')
    expect(FEATURE_SET_NAMES).toContain('classic')
    expect(quality.averagePrecision).toBeGreaterThan(2 * olderQuality.averagePrecision)
    expect(quality.rocAuc).toBeGreaterThan(olderQuality.rocAuc)
  })
})

describe('a user’s scores', () => {
  it('do not depend on what other users do in between', () => {
    const events = eventsOf(fresh).slice(0, 20_000)
    const random = new Random(1)
    // Another interleaving: every user's own order kept.
    const queues = [...Map.groupBy(events.entries(), ([, event]) => event.userId).values()]
    const permuted: [number, BehaviorEvent][] = []
    while (queues.length > 0) {
      const pick = random.integer(queues.length)
      const queue = queues[pick] as [number, BehaviorEvent][]
      permuted.push(queue.shift() as [number, BehaviorEvent])
      if (queue.length === 0) queues.splice(pick, 1)
    }
    const inOrder = scoreOnline(model, events, {}).scores
    const otherwise = scoreOnline(
      model,
      permuted.map(([, event]) => event),
      {},
    ).scores
    permuted.forEach(([place], i) => {
      expect(otherwise[i]).toBe(inOrder[place])
    })
  })
})

describe('training', () => {
  it('still works on a log of which a tenth is anomalous', async () => {
    const dirty = simulate({ seed: 43, anomalies: 0.1 })
    const share = kindsOf(dirty).filter((kind) => kind !== '').length / dirty.length
    expect(share).toBeGreaterThan(0.07)
    const dirtyModel = await trainOn(eventsOf(dirty))
    const { rocAuc, averagePrecision } = evaluate(scoreOnline(dirtyModel, eventsOf(fresh), {}), kindsOf(fresh))
    expect(rocAuc).toBeGreaterThan(0.975)
    expect(averagePrecision).toBeGreaterThan(0.7)
  })

  it('gives the same model from the same log, and refuses an empty one', async () => {
    const events = eventsOf(simulate({ users: 40, days: 10, seed: 5 }))
    expect((await trainOn(events)).version).toBe((await trainOn(events)).version)
    await expect(trainOn([])).rejects.toThrow('Got no events when expected at least one to train on.')
  })

  it('learns an application’s own event types', async () => {
    const eventTypes = [...model.eventTypes, 'share']
    const events = eventsOf(simulate({ users: 40, days: 10, seed: 6 })).map((event, i) =>
      i % 10 === 0 ? { ...event, eventType: 'share' } : event,
    )
    const featureSet = featureSetNamed('behavior', eventTypes)
    if (featureSet === undefined) throw new Error('there is such a set')
    const own = await trainOn(events, { eventTypes, featureSet })
    expect(own.eventTypes).toContain('share')
    expect(scoreOnline(own, events, {}).scores.every((score) => score > 0 && score < 1)).toBe(true)
  })
})
