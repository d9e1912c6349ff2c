import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { event, HOSTILE_LINES } from './hostile.ts'
import { runnable } from './pipelines-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'hedgerow-pino-'))
afterAll(() => rmSync(folder, { recursive: true }))

const target = fileURLToPath(new URL('../../plugins/pino.ts', import.meta.url))
let files = 0

/** A transport like the page's, and what it has written once it is closed. */
async function transport(options: object = {}) {
  const destination = join(folder, `${files++}.log`)
  const stream = pino.transport({
    pipeline: [
      { target, options },
      { target: 'pino/file', options: { destination } },
    ],
  })
  await once(stream, 'ready')
  const written = async (): Promise<string> => {
    stream.end()
    await once(stream, 'close')
    return readFileSync(destination, 'utf8')
  }
  return { stream, written }
}

describe('the pino transport', { timeout: 60_000 }, () => {
  it('gives each record in order its verdict, with the scores of the engine, and loses none at the end', async () => {
    const events = activity(2000, 9)
    const { stream, written } = await transport()
    const log = pino(stream)
    for (const each of events) log.info(each)
    const lines = (await written()).split('\n').slice(0, -1)
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(events.map(({ n }) => n))
    expect(lines.map(scoreIn)).toEqual(scoresOf(events))
  })

  it('passes what is no event as it came', async () => {
    const { stream, written } = await transport()
    const lines = HOSTILE_LINES.flatMap(([, line]) => [line, JSON.stringify(event('ada'))])
    for (const line of lines) stream.write(`${line}\n`)
    const got = (await written()).split('\n').slice(0, -1)
    expect(got.length).toBe(lines.length)
    for (const [i, line] of lines.entries()) {
      if (i % 2 === 0) expect(got[i] === line).toBe(true)
      else expect(typeof scoreIn(got[i] ?? '')).toBe('number')
    }
  })

  it('takes options, as data', async () => {
    const { stream, written } = await transport({ map: { user_id: 'account.id' }, flagAt: 0 })
    const { user_id: _, ...rest } = event('')
    pino(stream).info({ ...rest, account: { id: 'ada' } })
    expect(JSON.parse(await written())).toMatchObject({ account: { id: 'ada' }, anomaly: { is_anomaly: true } })
  })

  it('works as the page has it, with pino-http', async () => {
    const { lines } = await runnable('pino.js')
    const records = lines.map((line) => JSON.parse(line) as object)
    expect(records).toMatchObject([
      { req: { method: 'GET', url: '/orders/7' }, res: { statusCode: 200 }, anomaly: { state: 'scored' } },
      { msg: 'done' },
    ])
    expect(records[1]).not.toHaveProperty('anomaly')
  })
})
