import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import winston from 'winston'
import { anomalyFormat } from '../../plugins/winston.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { HOSTILE_LINES } from './hostile.ts'
import { laterStore } from './later-store.ts'
import { runnable } from './pipelines-page.ts'

/** A logger with the format of the page, and what it wrote. */
function logger(format = anomalyFormat()) {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString().slice(0, -1))
      done()
    },
  })
  const log = winston.createLogger({
    format: winston.format.combine(format, winston.format.json()),
    transports: [new winston.transports.Stream({ stream })],
  })
  return { log, lines, format }
}

describe('the winston format', { timeout: 60_000 }, () => {
  it('gives records that are events the scores of the engine, in order', () => {
    const events = activity(200, 4)
    const { log, lines, format } = logger()
    for (const each of events) log.info('activity', each)
    expect(lines.map(scoreIn)).toEqual(scoresOf(events))
    expect(format.counts).toMatchObject({ records: 200, scored: 200 })
  })

  it('takes a record without a time for one of now, and leaves what tells of nothing alone', () => {
    const { log, lines, format } = logger()
    log.info('request', { method: 'GET', path: '/a', client_ip: '192.0.2.1' })
    log.warn('disk is full')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      message: 'request',
      anomaly: { state: 'scored' },
    })
    expect(lines[1]).toBe('{"level":"warn","message":"disk is full"}')
    expect(format.counts.unscored.no_event).toBe(1)
  })

  it('leaves messages alone, whatever they say', () => {
    const { log, lines } = logger()
    for (const [, line] of HOSTILE_LINES) log.info(line)
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(
      HOSTILE_LINES.map(([, line]) => line),
    )
  })

  it('waits for no store, and says so', () => {
    const { log, lines } = logger(anomalyFormat({ store: laterStore() }))
    log.info('activity', activity(1, 1)[0])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ anomaly: { state: 'not_scored', why: 'timeout' } })
  })

  it('works as the page has it', async () => {
    const { lines } = await runnable('winston.js')
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { message: 'request', anomaly: { state: 'scored' } },
      { message: 'ready' },
    ])
  })
})
