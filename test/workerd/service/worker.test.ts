import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { EXAMPLE_EVENT } from '../../../src/service/event-schema.ts'

// The service as deploy/wrangler.service.toml deploys it, baselines in Durable Objects.

const ordinary = {
  ...EXAMPLE_EVENT,
  session_duration_sec: 40,
  events_in_session: 3,
  hour_of_day: 11,
  event_type: 'view',
}

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(new Request(`https://service.example.com${path}`, init))
const post = (path: string, body: BodyInit, type = 'application/json'): Promise<Response> =>
  ask(path, { method: 'POST', body, headers: { 'content-type': type } })

describe('the service in workerd', () => {
  it("takes the older service's example", async () => {
    const answer = await post('/predict', JSON.stringify(EXAMPLE_EVENT))
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98, outcome: 'flag' })
  })

  it('answers a batch in order, and each user is scored by all that came before', async () => {
    const events = Array.from({ length: 300 }, (_, i) => ({ ...ordinary, user_id: `batch-${i % 7}` }))
    const lines = events.map((event) => JSON.stringify(event)).join('\n')
    const compressed = new Response(lines).body?.pipeThrough(new CompressionStream('gzip'))
    const answer = await ask('/predict/batch?reasons=none', {
      method: 'POST',
      body: await new Response(compressed).arrayBuffer(),
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    })
    const rows = (await answer.text()).trim().split('\n')
    expect(rows.map((row) => JSON.parse(row).baseline.events)).toEqual(events.map((_, i) => Math.floor(i / 7)))
  })

  it('loses no event of many at a time about one user', async () => {
    const event = JSON.stringify({ ...ordinary, user_id: 'busy' })
    const answers = await Promise.all(Array.from({ length: 40 }, () => post('/predict', event)))
    const before = await Promise.all(
      answers.map(async (answer) => (await answer.json<{ baseline: { events: number } }>()).baseline.events),
    )
    expect(before.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(await (await ask('/users/busy')).json()).toMatchObject({ events: 40 })
  })

  it('forgets a user, and leaves no trace with learn=false', async () => {
    await post('/predict', JSON.stringify({ ...ordinary, user_id: 'gone' }))
    expect((await ask('/users/gone', { method: 'DELETE' })).status).toBe(204)
    await post('/predict?learn=false', JSON.stringify({ ...ordinary, user_id: 'gone' }))
    expect((await ask('/users/gone')).status).toBe(404)
  })

  it('serves the documentation page from static assets', async () => {
    expect((await ask('/docs')).headers.get('content-type')).toContain('text/html')
    const script = await ask('/docs/swagger-ui-bundle.js')
    expect(script.status).toBe(200)
    expect(script.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await script.text()).length).toBeGreaterThan(1_000_000)
    expect((await ask('/openapi.json')).status).toBe(200)
  })

  it('says that metrics are on Node', async () => {
    expect((await ask('/metrics')).status).toBe(501)
  })
})
