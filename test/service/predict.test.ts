import { describe, expect, it } from 'vitest'
import { example, json, ordinary, startService } from './service.ts'

interface Answer {
  readonly anomaly_score: number
  readonly is_anomaly: boolean
  readonly percentile: number
  readonly threshold: number
  readonly outcome: string
  readonly reasons: readonly { readonly feature: string; readonly text: string }[]
  readonly baseline: { readonly level: string; readonly events: number }
}

describe('POST /predict', () => {
  it("takes the older service's example, and answers what it answered, first", async () => {
    const { post } = startService()
    const answer = await post(
      '/predict',
      '{"user_id":123,"event_type":"login","session_duration_sec":18000,"events_in_session":190,"hour_of_day":2,"day_of_week":1,"device_type":"desktop"}',
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(Object.keys(json(answer))).toEqual([
      ...['anomaly_score', 'is_anomaly', 'threshold_percentile'],
      ...['percentile', 'threshold', 'outcome', 'reasons', 'baseline', 'model', 'id'],
    ])
    expect(json(answer)).toMatchObject({
      is_anomaly: true,
      threshold_percentile: 0.98,
      outcome: 'flag',
      baseline: { level: 'population', events: 0 },
    })
    const { anomaly_score: score, percentile, threshold } = json<Answer>(answer)
    expect(score).toBeGreaterThan(threshold)
    expect(percentile).toBeGreaterThan(0.98)
    expect(json<Answer>(answer).reasons[0]?.text).toContain('usually')
  })

  it('takes user ids as text or as integers, and means the same user', async () => {
    const { post } = startService()
    await post('/predict', JSON.stringify({ ...ordinary, user_id: 7 }))
    const answer = await post('/predict', JSON.stringify({ ...ordinary, user_id: '7' }))
    expect(json<Answer>(answer).baseline.events).toBe(1)
  })

  it('scores each event before it learns it', async () => {
    const { post } = startService()
    const first = json<Answer>(await post('/predict', JSON.stringify(ordinary)))
    const second = json<Answer>(await post('/predict', JSON.stringify(ordinary)))
    expect(first.baseline.events).toBe(0)
    expect(second.baseline.events).toBe(1)
  })

  it('leaves no trace with learn=false', async () => {
    const { post, ask, predictor } = startService()
    const first = json<Answer>(await post('/predict?learn=false', JSON.stringify(ordinary)))
    const second = json<Answer>(await post('/predict?learn=false', JSON.stringify(ordinary)))
    expect(second).toEqual({ ...first, id: expect.any(String) })
    expect((await ask('/users/ordinary')).status).toBe(404)
    expect(predictor.drift.report().every(({ psi }) => psi === 0)).toBe(true)
  })

  it('gives reasons to anomalies, to all, or to none, as it is asked', async () => {
    const { post } = startService()
    const reasonsOf = async (query: string, event: object): Promise<number> =>
      json<Answer>(await post(`/predict?learn=false${query}`, JSON.stringify(event))).reasons.length
    expect(await reasonsOf('', ordinary)).toBe(0)
    const late = { ...ordinary, hour_of_day: 3 }
    expect(await reasonsOf('', late)).toBe(0)
    expect(await reasonsOf('&reasons=all', late)).toBe(1)
    // Where nothing is odd, nothing can be said.
    expect(await reasonsOf('&reasons=all', ordinary)).toBe(0)
    expect(await reasonsOf('', example)).toBeGreaterThan(1)
    expect(await reasonsOf('&reasons=none', example)).toBe(0)
  })

  it('says block from the configured percentile on', async () => {
    const { post } = startService({ blockAt: 0.985 })
    expect(json(await post('/predict', JSON.stringify(example)))).toMatchObject({ outcome: 'block' })
    expect(json(await post('/predict', JSON.stringify(ordinary)))).toMatchObject({ outcome: 'allow' })
  })

  it('judges a user with a history by that', async () => {
    const { post } = startService()
    const night = { ...ordinary, hour_of_day: 3 }
    const before = json<Answer>(await post('/predict?learn=false', JSON.stringify(night)))
    for (let i = 0; i < 30; i++) await post('/predict', JSON.stringify({ ...night, events_in_session: 1 + (i % 3) }))
    const after = json<Answer>(await post('/predict?learn=false', JSON.stringify(night)))
    expect(after.baseline).toEqual({ level: 'user', events: 30 })
    expect(after.anomaly_score).toBeLessThan(before.anomaly_score)
  })

  it('answers 503 where the store fails, and is well again with it', async () => {
    let fails = true
    const { post } = startService({
      store: {
        open: () => ({
          read: () => undefined,
          delete: () => false,
          update(_, change) {
            if (fails) throw new Error('no store for user 123')
            change(new Float32Array(200))
          },
        }),
      },
    })
    const failed = await post('/predict', JSON.stringify(example))
    expect(failed.status).toBe(503)
    expect(failed.headers.get('retry-after')).toBe('1')
    expect(failed.text).not.toContain('123')
    fails = false
    expect((await post('/predict', JSON.stringify(example))).status).toBe(200)
  })
})
