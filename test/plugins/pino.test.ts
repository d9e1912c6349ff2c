import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { event } from './hostile.ts'
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

  it('takes no more than its buffers hold while the next target takes nothing, and loses none of it', async () => {
    const [gate, destination] = [join(folder, 'gate'), join(folder, 'slow.log')]
    const stalled = fileURLToPath(new URL('stalled-target.js', import.meta.url))
    const stream = pino.transport({ pipeline: [{ target }, { target: stalled, options: { gate, destination } }] })
    await once(stream, 'ready')
    const line = (n: number): string => `${JSON.stringify(event('ada', { n, text: 'x'.repeat(900) }))}\n`
    // Of 64 MB, given at the pace at which they are taken.
    let written = 0
    for (let taken = true; taken && written < 64_000; ) {
      if (stream.write(line(written++))) continue
      taken = await Promise.race([once(stream, 'drain').then(() => true), sleep(1000, false)])
    }
    expect(written).toBeLessThan(32_000)
    writeFileSync(gate, '')
    stream.end()
    await once(stream, 'close')
    const lines = readFileSync(destination, 'utf8').split('\n').slice(0, -1)
    expect(lines.map((text) => (JSON.parse(text) as { n: number }).n)).toEqual(
      Array.from({ length: written }, (_, n) => n),
    )
    expect(lines.every((text) => scoreIn(text) !== undefined)).toBe(true)
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
