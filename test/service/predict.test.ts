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

describe('what is refused', () => {
  const refused = async (asked: Promise<{ status: number; text: string; headers: Headers }>) => {
    const { status, text, headers } = await asked
    expect(headers.get('content-type')).toBe('application/problem+json')
    const problem = JSON.parse(text) as { status: number; problems: readonly { field: string }[] }
    expect(problem.status).toBe(status)
    return { status, problems: problem.problems, text, headers }
  }

  it('is named by field, what it got and what it wanted', async () => {
    const { post } = startService()
    const bad = { ...example, hour_of_day: 25, event_type: 'fly', device_type: null }
    const { status, problems } = await refused(post('/predict', JSON.stringify(bad)))
    expect(status).toBe(422)
    expect(problems).toEqual([
      { field: 'event_type', got: '"fly"', wanted: 'one of login, logout, view, click, download' },
      { field: 'device_type', got: 'nothing', wanted: 'one of desktop, mobile' },
      { field: 'hour_of_day', got: '25', wanted: 'an integer from 0 to 23' },
    ])
  })

  it.each([
    ['', 'nothing'],
    ['{"user_id":"alice@example.com"', 'text of 30 characters that is not valid JSON'],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 'bytes that are no UTF-8'],
  ])('is a body that is no JSON, which is not quoted: %j', async (body, got) => {
    const { post } = startService()
    const { status, problems, text } = await refused(post('/predict', body))
    expect(status).toBe(400)
    expect(problems).toEqual([{ field: 'body', got, wanted: 'JSON' }])
    expect(text).not.toContain('alice')
  })

  it.each(['null', '7', '"text"', '[]', '[{}]'])('is JSON that is no event: %s', async (body) => {
    const { status } = await refused(startService().post('/predict', body))
    expect(status).toBe(422)
  })

  it('is a body over the limit, by what is announced and by what comes', async () => {
    const { post } = startService()
    const large = JSON.stringify({ ...example, note: 'x'.repeat(70_000) })
    expect((await refused(post('/predict', large, { 'content-length': String(large.length) }))).status).toBe(413)
    expect((await refused(post('/predict', large))).status).toBe(413)
  })

  it.each([
    ['text/plain', 415, 'content-type', '"text/plain"'],
    ['application/x-www-form-urlencoded', 415, 'content-type', '"application/x-www-form-urlencoded"'],
    ['', 415, 'content-type', 'nothing'],
  ])('is another media type: %s', async (type, status, field, got) => {
    const answer = await refused(startService().post('/predict', '{}', { 'content-type': type }))
    expect(answer.status).toBe(status)
    expect(answer.problems).toEqual([{ field, got, wanted: 'application/json' }])
  })

  it('is another encoding', async () => {
    const answer = await refused(startService().post('/predict', '{}', { 'content-encoding': 'br' }))
    expect(answer.status).toBe(415)
    expect(answer.headers.get('accept-encoding')).toBe('gzip')
  })

  it('is a parameter that the route does not take, or another value, or two', async () => {
    const { post } = startService()
    const body = JSON.stringify(example)
    const known = await refused(post('/predict?learn=no', body))
    expect(known).toMatchObject({ status: 400, problems: [{ field: 'learn', got: '"no"', wanted: 'true or false' }] })
    const two = await refused(post('/predict?learn=true&learn=false', body))
    expect(two.problems).toEqual([{ field: 'learn', got: '2 values', wanted: 'true or false' }])
    const other = await refused(post('/predict?alice=1', body))
    expect(other.problems).toEqual([{ field: 'query', got: 'another name', wanted: 'learn, reasons' }])
  })

  it('is a path that is not there, without saying it', async () => {
    const { status, text } = await refused(startService().ask('/people/alice'))
    expect(status).toBe(404)
    expect(text).not.toContain('alice')
  })

  it.each([
    ['/predict', 'GET', 'POST'],
    ['/predict', 'PATCH', 'POST'],
    ['/users/alice', 'POST', 'GET, HEAD, DELETE'],
    ['/health', 'POST', 'GET, HEAD'],
    ['/docs', 'DELETE', 'GET, HEAD'],
  ])('is another method: %s %s', async (path, method, allow) => {
    const { status, headers, problems } = await refused(startService().ask(path, { method }))
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe(allow)
    expect(problems).toEqual([{ field: 'method', got: method, wanted: allow }])
  })

  it('is what a proxy of JavaScript would fall for: names of every object', async () => {
    const { post, ask } = startService()
    const hostile = '{"__proto__":{"user_id":1},"constructor":1,"toString":"x"}'
    expect((await refused(post('/predict', hostile))).status).toBe(422)
    expect((await refused(ask('/users/__proto__'))).status).toBe(404)
    expect((await post('/predict', JSON.stringify({ ...example, user_id: '__proto__' }))).status).toBe(200)
    expect((await ask('/users/__proto__')).status).toBe(200)
  })
})
