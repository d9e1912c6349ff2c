import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Decision } from '../../middleware/index.ts'

// Workers' own tracing is seen from outside only: a tail Worker gets the spans that the runtime has recorded. So both run
// under `wrangler dev`, which is also where requests are as the runtime makes them, immutable headers included.

const root = fileURLToPath(new URL('../..', import.meta.url))

interface TailEvent {
  readonly spanContext: { readonly spanId?: string }
  readonly event: {
    readonly type: string
    readonly spanId?: string
    readonly info?: { readonly url?: string } | readonly { readonly name: string; readonly value: unknown }[]
  }
}

let wrangler: ChildProcess
let origin: string

beforeAll(async () => {
  wrangler = spawn(
    process.execPath,
    [
      'node_modules/wrangler/bin/wrangler.js',
      'dev',
      ...['-c', 'test/workerd/native/app.toml', '-c', 'test/workerd/native/tail.toml'],
      ...['--port', '0', '--inspector-port', '0', '--show-interactive-dev-session', 'false'],
    ],
    { cwd: root, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  origin = await new Promise((resolve, reject) => {
    let said = ''
    const listen = (chunk: Buffer): void => {
      said += chunk
      const ready = /Ready on (http:\/\/\S+)/.exec(said)
      if (ready?.[1] !== undefined) resolve(ready[1])
    }
    wrangler.stdout?.on('data', listen)
    wrangler.stderr?.on('data', listen)
    wrangler.on('exit', () => reject(new Error(`wrangler ended:\n${said}`)))
  })
}, 60_000)

afterAll(async () => {
  if (wrangler.exitCode !== null) return
  const gone = once(wrangler, 'exit')
  wrangler.kill('SIGTERM')
  await gone
})

describe('a request that workerd itself has received', () => {
  let answer: readonly [Decision, string, string]

  beforeAll(async () => {
    // The more in a row, the more there is to find strange.
    for (let i = 0; i < 15; i++) {
      const headers = { 'x-anomaly': 'forged' }
      const response = await fetch(`${origin}/notes/${i}?token=hunter2`, { method: 'POST', body: 'the body', headers })
      answer = (await response.json()) as typeof answer
    }
  }, 30_000)

  it('is scored by the address that the platform gives, and marked though its headers cannot be changed', () => {
    const [decision, mark, body] = answer
    expect(decision).toMatchObject({ state: 'scored', outcome: 'flag' })
    expect([mark, body]).toEqual([decision.id, 'the body'])
  })

  it('has the decision on the native span that a tail Worker gets, lists joined by commas', async () => {
    const [decision] = answer
    const events = await tailed()
    const onset = events.find(
      ({ event }) => event.type === 'onset' && JSON.stringify(event.info).includes('/notes/14?'),
    )
    const rootSpan = onset?.event.spanId
    expect(rootSpan).toMatch(/^[0-9a-f]{16}$/)
    const attributes = events
      .filter(({ event, spanContext }) => event.type === 'attributes' && spanContext.spanId === rootSpan)
      .flatMap(({ event }) => (Array.isArray(event.info) ? event.info : []))
      .filter(({ name }) => name.startsWith('anomaly.'))
    const strongest = decision.reasons.filter(({ contribution }) => contribution > 0).slice(0, 3)
    expect(strongest.length).toBeGreaterThan(1)
    expect(Object.fromEntries(attributes.map(({ name, value }) => [name, value]))).toEqual({
      'anomaly.id': decision.id,
      'anomaly.state': 'scored',
      'anomaly.isolation_score': decision.score,
      'anomaly.is_anomaly': true,
      'anomaly.model_name': decision.model.name,
      'anomaly.model.version': decision.model.version,
      'anomaly.percentile': decision.percentile,
      'anomaly.threshold': decision.threshold,
      'anomaly.decision': 'flag',
      'anomaly.would_be': 'flag',
      'anomaly.mode': 'enforce',
      'anomaly.baseline.level': 'user',
      'anomaly.reasons': strongest.map(({ feature }) => feature).join(','),
    })
  }, 30_000)
})

/** What the tail Worker has been told, once it knows of the request's end. */
async function tailed(): Promise<readonly TailEvent[]> {
  for (;;) {
    const events = (await (await fetch(`${origin}/tailed`)).json()) as TailEvent[]
    if (events.filter(({ event }) => event.type === 'outcome').length >= 15) return events
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
