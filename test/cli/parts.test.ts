import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { readLabels } from '../../src/cli/labels.ts'
import { expectWritable, writeWhole } from '../../src/cli/output-file.ts'
import { curvesOf } from '../../src/cli/report/curves.ts'
import { Strangest } from '../../src/cli/report/strangest.ts'
import { harmless } from '../../src/cli/say.ts'
import type { Verdict } from '../../src/decision.ts'
import type { BehaviorEvent } from '../../src/event.ts'
import { keyedEvent } from '../../src/records/keyed.ts'
import { accessLine, csvLine, HEADER, read } from '../records/reading.ts'
import { scratch } from './command.ts'

const { path, remove } = scratch()
afterAll(remove)
const { signal } = new AbortController()

describe('labels', () => {
  it.each([
    ['', 'got an empty file, wanted row,kind'],
    ['kind,row\n', 'line 1: got another header, wanted row,kind'],
    ['row,kind\n0,\n-1,odd\n', 'line 3: wanted a row number from 0 and a kind'],
    ['row,kind\n99999999999,odd\n', 'line 2: wanted a row number from 0 and a kind'],
    ['row,kind\n1,odd,more\n', 'line 2: wanted a row number from 0 and a kind'],
  ])('of %j are refused: %s', async (text, reason) => {
    writeFileSync(path('labels.csv'), text)
    await expect(readLabels(path('labels.csv'), signal)).rejects.toThrow(`labels ${path('labels.csv')}: ${reason}`)
  })

  it('may name the odd rows alone', async () => {
    writeFileSync(path('odd.csv'), '\ufeffrow,kind\r\n70000,late\r\n3,early\r\n')
    const labels = await readLabels(path('odd.csv'), signal)
    expect([3, 4, 70_000, 80_000].map((row) => labels.kindOf(row))).toEqual(['early', '', 'late', ''])
    expect(labels.rows).toBe(70_001)
  })

  it('that are not there are said to be missing', async () => {
    await expect(readLabels(path('none.csv'), signal)).rejects.toThrow('none.csv: no such file or folder')
  })
})

describe('a file written whole', () => {
  it('is not there before all of it is', async () => {
    const failing = async function* (): AsyncGenerator<string> {
      yield 'half'
      throw new Error('lost the rest')
    }
    await expect(writeWhole(path('half'), failing(), signal)).rejects.toThrow(
      `cannot write ${path('half')}: lost the rest`,
    )
    await expect(expectWritable(path('half'))).resolves.toBeUndefined()
    await expect(readLabels(path('half'), signal)).rejects.toThrow('no such file')
  })
})

describe('the strangest events', () => {
  it('are one a user, strangest first', () => {
    const strangest = new Strangest(2)
    const offer = (userId: string, score: number): void =>
      strangest.offer({ userId } as BehaviorEvent, { score } as Verdict, () => `line of ${score}`, undefined)
    for (const [user, score] of [
      ['a', 0.5],
      ['a', 0.7],
      ['b', 0.6],
      ['c', 0.65],
      ['a', 0.6],
      ['d', 0.1],
    ] as const)
      offer(user, score)
    expect(strangest.list().map(({ place }) => place)).toEqual(['line of 0.7', 'line of 0.65'])
  })
})

it('curves go through each threshold once: rows of one score stand or fall together', () => {
  const judged = { scores: Float64Array.of(0.9, 0.8, 0.8, 0.1), flagged: new Uint8Array(4) }
  const { roc, precisionRecall } = curvesOf(judged, ['odd', 'odd', '', ''])
  expect(roc).toEqual([
    [0, 0],
    [0, 0.5],
    [0.5, 1],
    [1, 1],
  ])
  expect(precisionRecall).toEqual([
    [0.5, 1],
    [1, 2 / 3],
    [1, 0.5],
  ])
})

describe('the key of an event in a log', () => {
  it('is that of the same user’s live requests', async () => {
    const rows = await read(
      [
        accessLine('2001:db8::7'),
        accessLine('192.0.2.1'),
        accessLine('host.example.org'),
        accessLine('192.0.2.1').replace('- - [', '- kim ['),
        accessLine('192.0.2.1').replace('- - [', '- address:192.0.2.1 ['),
      ].join('\n'),
    )
    const keys = rows.map((row) => (row.kind === 'event' ? keyedEvent(row, 'combined', undefined).userId : ''))
    expect(keys).toEqual([
      'address:2001:db8:0:0::/64',
      'address:192.0.2.1',
      'host.example.org',
      'kim',
      'user:address:192.0.2.1',
    ])
    const [, csv] = await read(`${HEADER}\n${csvLine('192.0.2.1')}`)
    expect(csv?.kind === 'event' && keyedEvent(csv, 'csv', {}).userId).toBe('192.0.2.1')
  })
})

it('what a log brings along does not command the terminal', () => {
  expect(harmless('a\u001b[2J\u009bb\r\nc')).toBe('a\ufffd[2J\ufffdb\ufffd\ufffdc')
})
