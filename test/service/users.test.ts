import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../src/service/settings.ts'
import { json, ordinary, startService } from './service.ts'

const timed = { user_id: 'a/b c', event_type: 'view', device_type: 'mobile', timestamp: '2026-03-02T10:00:00Z' }

describe('POST /events', () => {
  it('teaches baselines without scoring, and says what it made of the rows', async () => {
    const { post, ask } = startService()
    const answer = await post('/events', JSON.stringify([ordinary, ordinary, { user_id: 'alice' }]))
    expect(answer.status).toBe(200)
    expect(json(answer)).toMatchObject({ learnt: 2, refused: 1, problems: [{ row: 2, status: 422 }] })
    expect(answer.text).not.toContain('alice')
    expect(json(await ask('/users/ordinary'))).toMatchObject({ events: 2 })
  })

  it('teaches what POST /predict teaches, but for what a score says of a user', async () => {
    const [taught, asked] = [startService(), startService()]
    const events = Array.from({ length: 40 }, (_, i) => ({ ...ordinary, events_in_session: 1 + (i % 10) }))
    await taught.post('/events', JSON.stringify(events))
    await asked.post('/predict/batch', JSON.stringify(events))
    const score = async ({ post }: typeof taught): Promise<unknown> =>
      json(await post('/predict?learn=false', JSON.stringify(ordinary))).anomaly_score
    expect(await score(taught)).toBe(await score(asked))
  })

  it('says how many it has learnt by the time that it cannot go on', async () => {
    const { post, ask } = startService()
    const event = JSON.stringify(ordinary)
    const answer = await post('/events', `[${event},${event},${event}`)
    expect(answer.status).toBe(400)
    expect(json(answer)).toMatchObject({ learnt: 2, problems: [{ field: 'body', got: 'a list without its end' }] })
    expect(json(await ask('/users/ordinary'))).toMatchObject({ events: 2 })
  })

  it('names no more than a hundred problems', async () => {
    const answer = await startService().post('/events', JSON.stringify(Array.from({ length: 150 }, () => 0)))
    expect(json(answer)).toMatchObject({ learnt: 0, refused: 150 })
    expect(json<{ problems: unknown[] }>(answer).problems).toHaveLength(100)
  })
})

describe('GET and DELETE /users/{id}', () => {
  it('shows all that is held, in words and number by number', async () => {
    const { post, ask } = startService()
    await post('/predict', JSON.stringify(timed))
    const held = json<{ usual: unknown[]; values: number[] }>(await ask('/users/a%2Fb%20c'))
    expect(held).toMatchObject({
      events: 1,
      sessions: 0,
      last_event_at: '2026-03-02T10:00:00.000Z',
      choices: { event_type: { view: 1 } },
    })
    expect(held.values[0]).toBe(1)
    expect(held.usual).toContainEqual(expect.objectContaining({ unit: 'seconds into the session' }))
  })

  it('forgets a user, who is then as new', async () => {
    const { post, ask } = startService()
    await post('/predict', JSON.stringify(timed))
    expect((await ask('/users/a%2Fb%20c', { method: 'DELETE' })).status).toBe(204)
    expect((await ask('/users/a%2Fb%20c', { method: 'DELETE' })).status).toBe(404)
    expect((await ask('/users/a%2Fb%20c')).status).toBe(404)
    expect(json(await post('/predict', JSON.stringify(timed)))).toMatchObject({ baseline: { events: 0 } })
  })

  it('never quotes whom it was asked for, in errors or in the log', async () => {
    const { ask, log } = startService()
    const answer = await ask('/users/alice')
    expect(answer.text + JSON.stringify([...answer.headers, log])).not.toContain('alice')
    expect(log.at(-1)).toMatchObject({ method: 'GET', route: '/users/:id', status: 404 })
  })

  it('keeps users apart from sessions and addresses of the middleware', async () => {
    const { post, predictor } = startService()
    await post('/predict', JSON.stringify({ ...timed, user_id: 'address:192.0.2.1' }))
    expect(predictor.baselines.read('address:192.0.2.1')).toBeUndefined()
    expect(predictor.baselines.read('user:address:192.0.2.1')).toBeDefined()
  })
})

describe('GET /model, /health and /metrics', () => {
  it('shows the card of the model, thresholds and drift', async () => {
    const { ask, post } = startService()
    interface Card {
      readonly features: readonly { readonly drift: number | null }[]
      readonly drift_events: number
    }
    const card = async () => json<Card>(await ask('/model'))
    expect(await card()).toMatchObject({ feature_set: 'behavior', threshold_percentile: 0.98, drift_events: 0 })
    const night = (count: number) =>
      post('/predict/batch', JSON.stringify(Array.from({ length: count }, () => ({ ...ordinary, hour_of_day: 3 }))))
    await night(999)
    const before = await card()
    expect(before.drift_events).toBe(999)
    expect(before.features.every(({ drift }) => drift === null)).toBe(true)
    await night(1)
    const { features, drift_events } = await card()
    expect(drift_events).toBe(1000)
    expect(Math.max(...features.map(({ drift }) => drift ?? 0))).toBeGreaterThan(0.25)
  })

  it('is ready, or says why not', async () => {
    let why: string | undefined
    const log: LogEntry[] = []
    const { ask } = startService({
      platform: { docsFile: () => new Response(), notReady: () => why, log: (entry) => log.push(entry) },
    })
    expect(await ask('/health')).toMatchObject({ status: 200 })
    expect(json(await ask('/health'))).toMatchObject({ status: 'ready', model: { feature_set: 'behavior' } })
    why = 'Redis cannot be reached'
    expect(await ask('/health')).toMatchObject({ status: 503 })
    expect(json(await ask('/health'))).toMatchObject({ status: 'not_ready', why })
    // Asked every few seconds by whoever looks after it: only who looks for it sees it in the log.
    expect(log.map(({ level, status }) => `${level} ${status}`)).toEqual([
      'debug 200',
      'debug 200',
      'debug 503',
      'debug 503',
    ])
    expect(log.at(-1)).toMatchObject({ why })
  })

  it('answers 501 where the platform keeps no metrics', async () => {
    expect(await startService().ask('/metrics')).toMatchObject({ status: 501 })
  })
})
