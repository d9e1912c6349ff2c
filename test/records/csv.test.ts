import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordOptions } from '../../src/records/index.ts'
import { brief, csvLine, HEADER, inputOf, read } from './reading.ts'

const csv = (...lines: string[]): string => `${HEADER}\n${lines.join('\n')}\n`
const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

describe('CSV', () => {
  it('has events under a header', async () => {
    const rows = await read(csv(csvLine('ada')))
    expect(rows).toMatchObject([
      { kind: 'header', line: 1, text: HEADER },
      {
        kind: 'event',
        line: 2,
        text: csvLine('ada'),
        record: { user_id: 'ada', session_duration_sec: '12.5' },
        event: { userId: 'ada', sessionDurationSec: 12.5, eventsInSession: 3, hourOfDay: 9, dayOfWeek: 2 },
      },
    ])
  })

  it('may have its columns in any order, and others', async () => {
    const rows = await read(
      'note,device_type,timestamp,event_type,user_id,\n"a, b",mobile,2024-02-29T23:30Z,click,ada,\n',
    )
    expect(rows[1]).toMatchObject({ kind: 'event', record: { note: 'a, b', '': '' }, event: { userId: 'ada' } })
  })

  it('may have commas, quotes and line ends in quoted cells; the line is where the record starts', async () => {
    const rows = await read(
      csv(csvLine('"a, ""b"""'), csvLine('"two\r\n\r\nlines"'), '', csvLine('""'), csvLine('eve')),
    )
    expect(rows.map(brief)).toEqual([
      '1 header',
      '2 event a, "b"',
      '3 event two\r\n\r\nlines',
      '6 blank',
      '7 problem user_id: got nothing, wanted text of 1 to 256 characters, or an integer',
      '8 event eve',
    ])
  })

  it('takes a quote inside of an unquoted cell as it is', async () => {
    expect((await read(csv(csvLine('5" disk')))).map(brief)).toEqual(['1 header', '2 event 5" disk'])
  })

  it.each([
    ['too few cells', 'a,b', 'got 2 fields, wanted 8 as in the header'],
    ['one cell', 'a', 'got 1 field, wanted 8 as in the header'],
    ['too many cells', `${csvLine('bob')},`, 'got 9 fields, wanted 8 as in the header'],
    ['text behind a quote', csvLine('"bob"x'), 'text follows a closing quote'],
    ['a quote that never closes', csvLine('"bob'), 'quoted field is not terminated'],
    [
      'no type',
      csvLine('bob').replace('view', 'View'),
      `event_type: got "View", wanted one of login, logout, view, click, download`,
    ],
  ])('with %s has a problem in that line and no other', async (_, line, reason) => {
    const rows = await read(csv(csvLine('ada'), line, csvLine('eve'), csvLine('"fay"')))
    expect(rows.map(brief)).toEqual(['1 header', '2 event ada', `3 problem ${reason}`, '4 event eve', '5 event fay'])
  })

  it('gives up a quote that does not close within the limit, and reads on with the next line', async () => {
    const input = csv(csvLine('"bob'), ...Array.from({ length: 100 }, (_, i) => csvLine(`user ${i}`)))
    const rows = await read(input, { maxLineBytes: 1_000 })
    expect(rows.filter((row) => row.kind === 'event')).toHaveLength(100)
    expect(rows.filter((row) => row.kind === 'problem').map(brief)).toEqual([
      '2 problem quoted field is not terminated',
    ])
    expect(inputOf(rows).toString()).toBe(input)
  })

  it('takes time in proportion to its length, however its quotes are placed', async () => {
    for (const line of ['""', '"', '"a', ',""', '""""', '"",""', 'a"', '"a"b', '",']) {
      const start = performance.now()
      await read(`${HEADER}\n"\n${`${line}\n`.repeat(200_000)}`)
      expect(performance.now() - start).toBeLessThan(5_000)
    }
  })

  it.each([
    ['a column twice', `${HEADER},user_id`, 'the header has the column "user_id" twice, as number 2 and 9'],
    [
      'no user',
      'event_type,device_type,timestamp',
      'the header lacks "user_id"; it has "event_type", "device_type", "timestamp"',
    ],
    [
      'no time',
      'user_id,event_type,device_type,hour_of_day',
      'the header lacks "session_duration_sec", "events_in_session", "day_of_week"; it has "user_id", ',
    ],
    ['a quote that never closes', `${HEADER},"x`, 'line 1: in the header, quoted field is not terminated'],
    ['text behind a quote', `${HEADER},"x"y`, 'line 1: in the header, text follows a closing quote'],
    ['a name that no object can have', `${HEADER},__proto__`, 'the header has a column named "__proto__"'],
    [
      'data instead',
      csvLine('ada'),
      'no column of the header is a field of an event; wanted "user_id", "event_type", "device_type", and others',
    ],
  ])('whose header has %s is refused as a whole', async (_, header, message) => {
    await expect(read(`${header}\n${csvLine('ada')}\n`, { format: 'csv' })).rejects.toMatchObject({
      name: 'RecordsError',
      code: 'header',
      message: expect.stringContaining(message),
    })
  })

  it('must have the columns that the mapping names', async () => {
    const map = { user_id: 'account.id', session_duration_sec: 'seconds' }
    await expect(read(csv(csvLine('ada')), { format: 'csv', map })).rejects.toThrow(
      'the header lacks "account.id", "seconds"; it has',
    )
  })

  it('reads any cells as csv-parse does', async () => {
    const cell = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '🦔') }))
    const options: RecordOptions = { format: 'csv' }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1 }), async (pairs) => {
        const cells = pairs.map(([user, note], i) => [user, 'view', 'mobile', '2024-02-29T23:30Z', note, String(i)])
        const text = `user_id,event_type,device_type,timestamp,note,i\n${cells.map((row) => row.map(quote).join(',')).join('\n')}`
        const rows = await read(text, options)
        const records = rows.flatMap((row) => (row.kind === 'event' || row.kind === 'problem' ? [row.record] : []))
        expect(records).toEqual(parse(text, { columns: true, relax_quotes: true }))
        expect(records.map((record) => record?.note)).toEqual(pairs.map(([, note]) => note))
      }),
    )
  })
})
