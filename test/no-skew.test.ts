import { writeFileSync } from 'node:fs'
import { type Context, Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createHedgerow, type HedgerowEnv } from '../middleware/create.ts'
import { recipe } from '../model/recipe.ts'
import { simulate } from '../model/simulate/index.ts'
import { train } from '../model/train.ts'
import { type Model, modelToBytes } from '../src/model.ts'
import { readRecords } from '../src/records/index.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { PATIENCE_MS, recordsOf, run, scratch } from './cli/command.ts'
import { type LoggedRequest, requestOf } from './plugins/requests.ts'

// One activity, told three times: to the trainer as a log, to the middleware as requests, to the command as a log again.
// What was learnt in training is what is computed in serving: the scores are the same to the bit.

vi.setConfig({ testTimeout: PATIENCE_MS })

/** Simulated users as visitors of a site; access logs know whole seconds. */
const visits = simulate({ users: 60, days: 12, seed: 7, anomalies: 0.05 }).map(({ event }): LoggedRequest => {
  const { eventType: event_type, deviceType: device_type, userId: user_id, timestampMs } = event
  const timestamp = new Date(Math.floor(timestampMs / 1000) * 1000).toISOString()
  return requestOf({ event_type, device_type, user_id, timestamp })
})

function accessLog(): string {
  const lines = visits.map(({ user, method, path, agent, timeMs }) => {
    const [, day, month, year, time] = new Date(timeMs).toUTCString().split(' ')
    return `192.0.2.1 - ${user} [${day}/${month}/${year}:${time} +0000] "${method} ${path} HTTP/1.1" 200 5 "-" "${agent}"\n`
  })
  return lines.join('')
}

describe('one activity in training, in serving and in the command', () => {
  const { path, remove } = scratch()
  let model: Model
  let trained: Float64Array

  beforeAll(async () => {
    const log = accessLog()
    writeFileSync(path('access.log'), log)
    const rows: number[] = []
    const readings = async function* () {
      for await (const batch of readRecords([new TextEncoder().encode(log)]))
        yield batch.flatMap((row) => (row.kind === 'event' ? [row.event] : []))
    }
    const watch = (_event: unknown, _baseline: unknown, features: Float32Array): void => {
      rows.push(...features)
    }
    model = (await train(readings, { ...recipe(1), watch })).model
    trained = model.forest.scoreMany(Float32Array.from(rows))
    writeFileSync(path('model.hedgerow'), modelToBytes(model))
  })
  afterAll(remove)

  it('is long and varied enough to show a difference', () => {
    expect(trained.length).toBe(visits.length)
    expect(trained.length).toBeGreaterThan(3000)
    expect(new Set(trained).size).toBeGreaterThan(500)
  })

  it('has the scores of training when the middleware serves it as requests', async () => {
    let nowMs = 0
    const scores: (number | null)[] = []
    const app = new Hono<HedgerowEnv>()
    const identify = (c: Context): string | undefined => c.req.header('x-user')
    app.use(createHedgerow({ identify, model, store: new MemoryStore() }, () => nowMs))
    app.all('*', (c) => {
      scores.push(c.var.anomaly.score)
      return c.body('hello')
    })
    for (const { user, method, path, agent, timeMs } of visits) {
      nowMs = timeMs
      await app.request(path, { method, headers: { 'x-user': user, 'user-agent': agent } })
    }
    expect(scores).toEqual([...trained])
  })

  it('has the scores of training when the command scores the log', async () => {
    const { code, stdout } = await run(['score', path('access.log'), '--model', path('model.hedgerow'), '--no-reasons'])
    expect(code).toBe(0)
    expect(recordsOf(stdout).map(({ anomaly }) => anomaly.isolation_score)).toEqual([...trained])
  })
})
