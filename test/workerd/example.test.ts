import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { sign } from 'hono/jwt'
import { describe, expect, it } from 'vitest'
import { TIME_HEADER } from '../../demo/headers.ts'
import worker from '../../examples/worker/index.ts'
import type { Decision } from '../../middleware/index.ts'

const JWT_SECRET = 'the secret of these tests'

async function ask(path: string, headers: Record<string, string>, method = 'GET'): Promise<Response> {
  const context = createExecutionContext()
  const response = await worker.fetch(
    new Request(`https://app.example${path}`, { method, headers }),
    { JWT_SECRET },
    context,
  )
  await waitOnExecutionContext(context)
  return response
}

async function decisionFor(address: string, headers: Record<string, string> = {}): Promise<Decision> {
  const response = await ask('/', { 'cf-connecting-ip': address, ...headers })
  const { anomaly } = await response.json<{ anomaly: Decision }>()
  return anomaly
}

describe('the example Worker', () => {
  it('shows a visitor of the front page the decision on the request', async () => {
    const decision = await decisionFor('192.0.2.1')
    expect(decision).toMatchObject({
      state: 'scored',
      outcome: 'allow',
      mode: 'observe',
      baseline: { level: 'population', events: 0 },
    })
    expect(decision.score).toBeGreaterThan(0)
    expect((await decisionFor('192.0.2.1')).baseline.events).toBe(1)
  })

  it('wants a token for the rest', async () => {
    expect((await ask('/reports', {})).status).toBe(401)
    expect((await ask('/reports', { authorization: 'Bearer a.b.c' })).status).toBe(401)
    const authorization = `Bearer ${await sign({ sub: 'anna' }, JWT_SECRET, 'HS256')}`
    expect(await (await ask('/login', { authorization }, 'POST')).json()).toEqual({ signedIn: true })
    expect(await (await ask('/reports', { authorization })).json()).toEqual({ reports: ['1', '2', '3'] })
    expect((await ask('/reports/2', { authorization })).status).toBe(200)
    expect((await ask('/reports/2/comments', { authorization }, 'POST')).status).toBe(201)
    expect((await ask('/reports/2/download', { authorization })).headers.get('content-type')).toBe('text/csv')
    expect(await (await ask('/logout', { authorization }, 'POST')).json()).toEqual({ signedIn: false })
  })

  it('believes no clock but its own: a header cannot spread a burst over days', async () => {
    const decisions: Decision[] = []
    for (let day = 0; day < 40; day++) {
      const claimed = String(Date.UTC(2026, 0, 5 + day, 9))
      decisions.push(await decisionFor('192.0.2.2', { [TIME_HEADER]: claimed, date: new Date(+claimed).toUTCString() }))
    }
    const last = decisions.at(-1)
    expect(last?.isAnomaly).toBe(true)
    expect(last?.reasons).toContainEqual(expect.objectContaining({ feature: 'events_in_session_surprise', value: 40 }))
  })
})
