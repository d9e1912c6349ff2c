import { createExecutionContext, env } from 'cloudflare:test'
import { afterEach, expect, it, vi } from 'vitest'
import worker from '../../../src/worker.ts'

// A Worker of its own, with settings that will not do.

afterEach(() => vi.restoreAllMocks())

it('tells the log what is wrong with the settings, once, and nobody else', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const wrong = {
    ...env,
    HEDGEROW_PORT: '8000',
    HEDGEROW_STORE: 'redis://user:hunter2@redis',
    HEDGEROW_FLAG_AT: 'high',
  }
  const ask = () => worker.fetch(new Request('https://service.example.com/health'), wrong, createExecutionContext())
  const answers = [await ask(), await ask()]
  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.text()).not.toMatch(/HEDGEROW|high|8000/)
  }
  expect(told).toHaveBeenCalledTimes(1)
  const entry = JSON.parse(String(told.mock.calls[0]?.[0]))
  expect(entry).toMatchObject({
    level: 'error',
    problems: [
      { field: 'HEDGEROW_PORT', got: 'a setting for Node only' },
      { field: 'HEDGEROW_FLAG_AT', got: '"high"' },
      {
        field: 'HEDGEROW_STORE',
        got: 'something else',
        wanted: expect.stringContaining('Redis, which is for Node only'),
      },
    ],
  })
  expect(JSON.stringify(entry)).not.toContain('hunter2')
})
