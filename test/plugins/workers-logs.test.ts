import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RunningWorkers, runWorkers } from '../../examples/workers-logs/run.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { event, HOSTILE_EVENTS, HOSTILE_LINES } from './hostile.ts'
import { configuration } from './pipelines-page.ts'

// The Workers of examples/workers-logs, which are those of docs/pipelines.md, in workerd: R2 and Queues as they are
// locally, retries and dead letters included. Of Analytics Engine there is a stub here, which takes points and keeps none:
// analytics-engine.test.ts has the runtime's own; workers-sinks.test.ts has every way in with every other sink.

// workerd starts beside other tests, and its bodies are large.
vi.setConfig({ testTimeout: 60_000 })

let workers: RunningWorkers
let siem: Server
/** What the SIEM answers, by the records of a request. */
let answer: (lines: readonly string[]) => number
let received: string[][] = []

beforeAll(async () => {
  siem = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const lines = gunzipSync(Buffer.concat(chunks)).toString().trimEnd().split('\n')
      response.statusCode = answer(lines)
      if (response.statusCode === 200) received.push(lines)
      response.end()
    })
  })
  await new Promise<void>((resolve) => siem.listen(0, '127.0.0.1', resolve))
  const address = siem.address()
  workers = await runWorkers(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`)
}, 120_000)
afterAll(async () => {
  await workers?.close()
  siem?.close()
})
beforeEach(() => {
  received = []
  answer = () => 200
})

async function until<T>(what: () => T | Promise<T>, enough: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const value = await what()
    if (enough(value)) return value
    await sleep(100)
  }
  throw new Error('it did not come within half a minute')
}

/** The lines of objects that were not there before. */
async function newLines(before: readonly string[], prefix: string): Promise<string[]> {
  const keys = (await workers.keys(prefix)).filter((key) => !before.includes(key))
  const texts = await Promise.all(keys.map((key) => workers.read(key)))
  return texts.flatMap((text) => text.trimEnd().split('\n'))
}

/** Another release of V8 takes powers with another last bit. */
function rounded(score: number | undefined): number | undefined {
  return score === undefined ? undefined : Number(score.toPrecision(14))
}

describe('the HTTP receiver in workerd', () => {
  it('takes what Logpush posts, into one object of the bucket', async () => {
    const before = await workers.keys('hedgerow/')
    const test = await workers.post(gzipSync('{"content":"tests"}'), { 'content-encoding': 'gzip' })
    expect(test.status).toBe(200)
    const events = activity(1200, 30)
    const body = gzipSync(events.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const posted = await workers.post(body, { 'content-encoding': 'gzip' })
    expect(await posted.json()).toMatchObject({ records: 1200, scored: 1200, passed: 0 })
    expect((await workers.keys('hedgerow/')).length).toBe(before.length + 1)
    const lines = await newLines(before, 'hedgerow/')
    expect(lines.map(scoreIn).map(rounded)).toEqual(scoresOf(events).map(rounded))
  })

  it('takes a record of 10 MB and a body of 60, in parts of an object', async () => {
    const before = await workers.keys('hedgerow/')
    const large = JSON.stringify({ msg: 'y'.repeat(10_000_000) })
    const filler = `${JSON.stringify({ msg: 'x'.repeat(1000) })}\n`.repeat(50_000)
    const posted = await workers.post(`${large}\n${filler}${JSON.stringify(event('zoe'))}\n`)
    expect(await posted.json()).toMatchObject({ records: 50_002, scored: 1, passed: 50_001 })
    const lines = await newLines(before, 'hedgerow/')
    expect(lines).toHaveLength(50_002)
    expect(lines[0]).toBe(large)
    expect(scoreIn(lines[50_001] ?? '')).toBeGreaterThan(0)
  })

  it('passes every hostile line as it came, and scores every hostile event', async () => {
    const before = await workers.keys('hedgerow/')
    const given = [...HOSTILE_LINES, ...HOSTILE_EVENTS].filter(([, line]) => line !== '')
    const posted = await workers.post(given.map(([, line]) => `${line}\n`).join(''))
    const scored = HOSTILE_EVENTS.length
    expect(await posted.json()).toMatchObject({ records: given.length, scored, passed: given.length - scored })
    const lines = await newLines(before, 'hedgerow/')
    expect(lines).toHaveLength(given.length)
    const spoilt = given.filter(([, line], i) => {
      const got = lines[i] ?? ''
      return i < given.length - scored ? got !== line : !got.startsWith(line.slice(0, line.lastIndexOf('}')))
    })
    expect(spoilt.map(([what]) => what)).toEqual([])
  })

  it('leaves nothing in the bucket of what it does not take', async () => {
    const before = await workers.keys('hedgerow/')
    expect((await workers.post('{}', { authorization: 'Bearer wrong' })).status).toBe(401)
    const filler = `${JSON.stringify({ msg: 'x'.repeat(1000) })}\n`.repeat(10_000)
    expect((await workers.post(gzipSync(filler).subarray(0, -20))).status).toBe(400)
    expect((await workers.keys('hedgerow/')).length).toBe(before.length)
  })
})

describe('the Queue consumer in workerd', () => {
  it('gives the scores of the engine, though the sink is away twice', async () => {
    // Of users whom the test before has not made known: all three ways in have one store.
    const events = activity(100, 5, 3).map((one) => ({ ...one, user_id: `queue-${one.user_id}` }))
    let times = 0
    answer = () => (times++ < 2 ? 503 : 200)
    await workers.enqueue(events)
    await until(
      () => received.flat().length,
      (count) => count >= 100,
    )
    expect(times).toBeGreaterThanOrEqual(3)
    const inOrder = received.flat().sort((a, b) => JSON.parse(a).n - JSON.parse(b).n)
    expect(inOrder.map(scoreIn).map(rounded)).toEqual(scoresOf(events).map(rounded))
  })

  it('passes every hostile message that a queue takes as it came, and scores every hostile event', async () => {
    const fitting = (given: typeof HOSTILE_LINES) =>
      given.map(([, line]) => line).filter(({ length }) => length < 100_000)
    const [lines, events] = [fitting(HOSTILE_LINES), fitting(HOSTILE_EVENTS)]
    await workers.enqueue([...lines, ...events])
    await until(
      () => received.flat().length,
      (count) => count >= lines.length + events.length,
    )
    const got = received.flat()
    expect(got.filter((line) => !line.includes('"anomaly":{"state":"scored"')).sort()).toEqual(lines.sort())
    expect(got.filter((line) => line.includes('"anomaly":{"state":"scored"'))).toHaveLength(events.length)
  })

  it('lets what the sink never takes lie with the dead letters, and the rest through', async () => {
    answer = (lines) => (lines.some((line) => line.includes('poison')) ? 400 : 200)
    const poison = event('mallory', { x: 'poison' })
    await workers.enqueue([event('ada'), poison, 'no JSON', event('eve')])
    const dead = await until(
      () => newLines([], 'activity-dead/'),
      ({ length }) => length > 0,
    )
    expect(dead.map((text) => JSON.parse(text) as unknown)).toEqual([poison])
    expect(received.flat().map((line) => (line.startsWith('{') ? JSON.parse(line).user_id : line))).toEqual([
      'ada',
      'no JSON',
      'eve',
    ])
  })
})

describe('tails in workerd', () => {
  it('hear of requests, and of the events that a Worker logs instead', async () => {
    const [kept, streamed] = [await workers.keys('hedgerow/'), await workers.keys('streamed/')]
    await workers.visit('/orders/7?token=secret')
    await workers.visit('/orders/8', 'user-of-the-shop')
    const request = {
      'url.path': '/orders/7',
      'client.address': '192.0.2.7',
      'http.response.status_code': 200,
      'user_agent.original': 'curl/8',
    }
    const logged = { user_id: 'user-of-the-shop', event_type: 'view' }

    const tailed = await until(
      () => newLines(kept, 'hedgerow/'),
      ({ length }) => length >= 2,
    )
    const messages = await until(
      () => newLines(streamed, 'streamed/'),
      ({ length }) => length >= 2,
    )
    for (const lines of [tailed, messages]) {
      expect(lines.join()).not.toContain('secret')
      const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(records).toHaveLength(2)
      expect(records).toContainEqual(expect.objectContaining(request))
      expect(records).toContainEqual(expect.objectContaining(logged))
      expect(lines.map((line) => typeof scoreIn(line))).toEqual(['number', 'number'])
    }
  })
})

describe('docs/pipelines.md', () => {
  const folder = new URL('../../examples/workers-logs/workers/', import.meta.url)

  it.each(['logs.ts', 'logs.toml', 'stream.ts', 'stream.toml', 'shop.toml'])('shows %s as it runs here', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8')
      .replaceAll(/'\.\.\/\.\.\/\.\.\/plugins\/(\w+)\.ts'/g, "'hedgerow/plugins/$1'")
      .replace("'../../../src/index.ts'", "'hedgerow/engine'")
    const sorted = (text: string): string[] => text.trim().split('\n').sort()
    // The order of imports is the linter's, and goes by their names.
    expect(sorted(configuration(`examples/workers-logs/workers/${name}`))).toEqual(sorted(source))
  })
})
