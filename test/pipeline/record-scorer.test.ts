import { describe, expect, it } from 'vitest'
import { defaultModel } from '../../model/default.ts'
import { settleScorer } from '../../plugins/shared/settings.ts'
import { decide, type Policy } from '../../src/decision.ts'
import { summaryOf } from '../../src/model.ts'
import { AnomalyWriter } from '../../src/pipeline/anomaly-text.ts'
import type { BaselineStore } from '../../src/store/contract.ts'
import { attributesOf } from '../../src/telemetry/attributes.ts'
import { activity, scoresOf } from '../plugins/activity.ts'
import { event } from '../plugins/hostile.ts'
import { laterStore } from '../plugins/later-store.ts'

const model = defaultModel()

/** A store whose updates do as they are told. */
function store(update: () => void | Promise<void>): BaselineStore {
  return { open: () => ({ read: () => undefined, update, delete: () => false }) }
}

describe('a record scorer', () => {
  it('gives the span attributes without their prefix, as an object and as text', async () => {
    const policy: Policy = {
      mode: 'observe',
      blockAt: undefined,
      onFailure: { no_identity: 'allow', bad_event: 'allow', timeout: 'allow', store: 'allow', model: 'allow' },
    }
    for (const flagAt of [0, 1]) {
      const scorer = settleScorer('test', { flagAt })
      const answer = await scorer.score(event('ada', { session_duration_sec: 18_000, events_in_session: 190 }))
      if (!answer.scored) throw new Error('wanted a score')
      const decision = decide(answer.verdict, policy, summaryOf(model))
      const wanted = Object.entries(attributesOf(decision, undefined))
        .filter(([name]) => !['anomaly.id', 'anomaly.mode', 'anomaly.decision', 'anomaly.would_be'].includes(name))
        .map(([name, value]) => [name.slice('anomaly.'.length), value])
      const { explanation, ...rest } = answer.anomaly
      expect(rest).toEqual(Object.fromEntries(wanted))
      expect(explanation).toEqual(flagAt === 0 ? answer.verdict.reasons : undefined)
      const text = new AnomalyWriter(model, scorer.detector.threshold, true).of(answer)
      expect(JSON.parse(text ?? '')).toEqual(JSON.parse(JSON.stringify(answer.anomaly)))
    }
  })

  it('answers at once where the store does', () => {
    const scorer = settleScorer('test', {})
    expect(scorer.score(event('ada'))).toMatchObject({ scored: true })
    expect(scorer.scoreAll([event('ada'), {}])).toMatchObject([{ scored: true }, { scored: false, why: 'no_event' }])
  })

  it('judges each event by all of its user before it, however late the store answers', async () => {
    const events = activity(500, 4)
    const answers = await settleScorer('test', { store: laterStore() }).scoreAll(events)
    expect(answers.map((answer) => (answer.scored ? answer.verdict.score : undefined))).toEqual(scoresOf(events))
  })

  it.each([
    [
      'throws',
      ['store', 'store'],
      () => {
        throw new Error('ada')
      },
    ],
    ['rejects', ['store', 'store'], () => Promise.reject(new Error('ada'))],
    // The second time it is not asked any more.
    ['never answers', ['timeout', 'store'], () => new Promise<void>(() => undefined)],
  ] as const)('says why there is no score where the store %s, and goes on', async (_, whys, update) => {
    const scorer = settleScorer('test', { store: store(update), budgetMs: 20 })
    for (const why of whys) {
      const answer = await scorer.score(event('ada'))
      expect(answer).toMatchObject({
        scored: false,
        why,
        anomaly: { state: 'not_scored', why, model_name: model.name },
      })
      expect(JSON.stringify(answer)).not.toContain('ada')
    }
    const { timeout, store: away } = scorer.counts.unscored
    expect([timeout, away]).toEqual(['timeout', 'store'].map((why) => whys.filter((one) => one === why).length))
  })

  it('says so where the model does not know what to do with an event', async () => {
    const known = { ...model, eventTypes: [...model.eventTypes, 'pay'] }
    const scorer = settleScorer('test', { model: known })
    const answer = await scorer.score(event('ada', { event_type: 'fly' }))
    expect(answer).toMatchObject({ scored: false, why: 'bad_event', anomaly: undefined })
    expect(answer.scored ? '' : answer.problem).toContain('event_type: got "fly"')
  })

  it('counts what it has seen, and its counts add up', async () => {
    const scorer = settleScorer('test', { flagAt: 0 })
    await scorer.scoreAll([
      event('ada'),
      {},
      null,
      { method: 'GET', path: '/', time: 1e12 },
      event('', {}),
      event('bob'),
    ])
    scorer.pass()
    expect(scorer.counts).toEqual({
      records: 7,
      scored: 2,
      flagged: 2,
      unscored: { no_event: 3, no_identity: 2, bad_event: 0, timeout: 0, store: 0, model: 0 },
    })
  })

  it('learns nothing where it only peeks', async () => {
    const scorer = settleScorer('test', {})
    const before = scorer.peek(event('ada'))?.baseline.events
    for (let i = 0; i < 3; i++) scorer.peek(event('ada'))
    expect([before, scorer.peek(event('ada'))?.baseline.events, scorer.counts.records]).toEqual([0, 0, 0])
    await scorer.score(event('ada'))
    expect(scorer.peek(event('ada'))?.baseline.events).toBe(1)
    expect(settleScorer('test', { store: laterStore() }).peek(event('ada'))).toBeUndefined()
  })
})
