import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventsCsv, labelsCsv } from '../../model/simulate/csv.ts'
import { type LabelledEvent, simulate } from '../../model/simulate/index.ts'
import { modelFromBytes } from '../../src/model.ts'
import { jsonLine } from '../records/reading.ts'
import { PATIENCE_MS, recordsOf, run, scratch, start } from './command.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

const { folder, path, remove } = scratch()
let activity: LabelledEvent[]
let csv: string
beforeAll(() => {
  activity = simulate({ users: 40, days: 10, anomalies: 0.1 })
  csv = [...eventsCsv(activity)].join('')
  writeFileSync(path('events.csv'), csv)
  writeFileSync(path('labels.csv'), [...labelsCsv(activity)].join(''))
})
afterAll(remove)

describe('hedgerow train', () => {
  it('makes the same model of a file and of a stream, which it keeps nowhere', async () => {
    const kept = (): string[] => readdirSync(tmpdir()).filter((name) => /^hedgerow-[^-]{6}$/.test(name))
    const before = kept()
    const file = await run(['train', path('events.csv'), '--out', path('a.hedgerow'), '--name', 'ours', '--seed', '9'])
    const stream = await run(['train', '-', '--out', path('b.hedgerow'), '--name', 'ours', '--seed', '9'], csv)
    expect([file.code, stream.code]).toEqual([0, 0])
    expect(readFileSync(path('b.hedgerow'))).toEqual(readFileSync(path('a.hedgerow')))
    expect(file.stderr).toMatch(
      /a\.hedgerow: ours [0-9a-f]{8}, [\d,]+ bytes, from [\d,]+ events of 40 users, 2026-01-05 to/,
    )
    expect(kept()).toEqual(before)
    const model = modelFromBytes(readFileSync(path('a.hedgerow')))
    expect(model.training).toMatchObject({ rows: activity.length, users: 40, seed: 9, contamination: 0.02 })
  })

  it('teaches an application’s own event types, and refuses those that nobody declared', async () => {
    const log = ['view', 'purchase', 'refund'].map((event_type) => jsonLine('kim', { event_type })).join('\n')
    const { code, stderr } = await run(['train', '-', '--out', path('own.hedgerow'), '--event-types', 'purchase'], log)
    expect(code).toBe(0)
    expect(stderr).toContain('from 2 events of 1 user')
    expect(stderr).toContain(
      '1 line refused:\n  -: line 3: event_type: got "refund", wanted one of login, logout, view, click, download, purchase\n',
    )
    const scored = await run(['score', '-', '-q', '--model', path('own.hedgerow')], log)
    expect(recordsOf(scored.stdout).map(({ anomaly }) => anomaly.state)).toEqual(['scored', 'scored', 'not_scored'])
  })

  it('leaves what was there before, and nothing half written, where it is interrupted', async () => {
    writeFileSync(path('kept.hedgerow'), 'as it was')
    const { child, ended } = start(['train', '-', '--out', path('kept.hedgerow')])
    // Far more than a pipe holds: once all of it is written, the command reads.
    await new Promise((resolve) => child.stdin.write(csv.repeat(30), resolve))
    child.kill('SIGTERM')
    const { code, stderr } = await ended
    expect(stderr).toBe('hedgerow: interrupted\n')
    expect(code).toBe(130)
    expect(readFileSync(path('kept.hedgerow'), 'utf8')).toBe('as it was')
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('says what is wrong with a log that has no events, and with a folder that is not there', async () => {
    const none = await run(['train', '-', '--out', path('none.hedgerow')], '{"user_id":7}\n')
    expect(none.stderr).toMatch(
      /^hedgerow: the log has no events to train on; -: line 1: event_type: got nothing, wanted one of/,
    )
    expect(none.code).toBe(1)
    const nowhere = await run(['train', '-', '--out', path('nowhere/x.hedgerow')])
    expect(nowhere.stderr).toBe(`hedgerow: cannot write ${path('nowhere/x.hedgerow')}: no such file or folder\n`)
  })

  it('counts what came out of order, for the log and for the users', async () => {
    const at = (user: string, minute: number): string => jsonLine(user, { timestamp: `2026-01-05T10:${minute}:00Z` })
    const log = [at('a', 20), at('b', 10), at('a', 30), at('a', 25), at('b', 40)].join('\n')
    const { stderr } = await run(['train', '-', '--out', path('order.hedgerow')], log)
    expect(stderr).toContain(
      "2 events out of order, 1 of them older than the same user's one before: taken as simultaneous with it\n",
    )
  })
})

describe('hedgerow evaluate', () => {
  it('prints the figures, and says so where the older recipe cannot be run', async () => {
    const args = ['evaluate', path('events.csv'), '--labels', path('labels.csv')]
    const { code, stdout } = await run(args, '', { ...process.env, PATH: folder })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[\d,]+ events, [\d.]+% of them labelled\n\n +this model\nROC-AUC +0\.9\d+\n/)
    expect(stdout).toContain('\nthe older recipe needs python3 with scikit-learn: python3 was not found\n')
  })

  it('gives them as JSON', async () => {
    const { stdout } = await run([
      'evaluate',
      path('events.csv'),
      '--labels',
      path('labels.csv'),
      '--json',
      '--no-older',
    ])
    const figures = JSON.parse(stdout) as Record<string, number> & { kinds: { kind: string; events: number }[] }
    const odd = activity.filter(({ kind }) => kind !== '')
    expect(figures.events).toBe(activity.length)
    expect(figures.anomalies).toBeCloseTo(odd.length / activity.length, 12)
    expect(figures.roc_auc).toBeGreaterThan(0.9)
    expect(figures.kinds.reduce((sum, { events }) => sum + events, 0)).toBe(odd.length)
  })

  it('refuses labels that belong to a longer log', async () => {
    const { code, stderr } = await run(
      ['evaluate', '-', '--labels', path('labels.csv'), '--no-older'],
      `${jsonLine('a')}\n`,
    )
    expect(stderr).toBe(`hedgerow: labels name row ${activity.length - 1}, but the log has 1 records, counted from 0\n`)
    expect(code).toBe(1)
  })
})

describe('hedgerow inspect', () => {
  it('says what a model holds, as text and as JSON', async () => {
    const { stdout } = await run(['inspect', '--json'])
    const facts = JSON.parse(stdout) as { name: string; thresholds: { percentile: number; score: number }[] }
    expect(facts.name).toBe('hedgerow-behavior')
    expect(facts.thresholds.map(({ percentile }) => percentile)).toEqual([0.9, 0.95, 0.98, 0.99, 0.999])
    const text = await run(['inspect'])
    expect(text.stdout).toContain(`0.98${' '.repeat(24)}${facts.thresholds[2]?.score.toFixed(4)}\n`)
  })
})
