import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brief, jsonLine, read } from './reading.ts'

describe('NDJSON', () => {
  it('has an event a line, with its record', async () => {
    const [row] = await read(jsonLine('ada', { note: [1, { a: null }] }))
    expect(row).toMatchObject({
      kind: 'event',
      record: { user_id: 'ada', note: [1, { a: null }] },
      event: { userId: 'ada' },
    })
  })

  it.each([
    ['not JSON', '{"user_id": "ada@example.com"', 'not valid JSON'],
    ['two objects', '{} {}', 'not valid JSON'],
    ['a list', '[1]', 'got a list, wanted an object with the fields of an event'],
    ['null', 'null', 'got nothing, wanted an object with the fields of an event'],
    ['text', '"view"', 'got "view", wanted an object with the fields of an event'],
    ['a deep nest', '['.repeat(100_000), 'not valid JSON'],
  ])('with %s has a problem in that line and no other', async (_, line, reason) => {
    const rows = await read([Buffer.from(`${jsonLine('ada')}\n${line}\n${jsonLine('eve')}\n`)])
    expect(rows.map(brief)).toEqual(['1 event ada', `2 problem ${reason}`, '3 event eve'])
    expect(rows[1]).toMatchObject({ text: line, record: undefined })
  })

  it('with a field that is wrong keeps the record, and says which', async () => {
    const [row] = await read(jsonLine('ada', { event_type: 'buy' }))
    expect(row).toMatchObject({
      kind: 'problem',
      record: { user_id: 'ada', event_type: 'buy' },
      reason: 'event_type: got "buy", wanted one of login, logout, view, click, download',
      problems: [{ field: 'event_type', got: '"buy"' }],
    })
    expect((await read(jsonLine('ada', { event_type: 'buy' }), { eventTypes: ['buy'] })).map(brief)).toEqual([
      '1 event ada',
    ])
  })

  it('with a prototype in it gives no field and changes no object', async () => {
    const [row] = await read(`{"__proto__": ${jsonLine('mallory')}, "event_type": "view"}`)
    expect(row).toMatchObject({ kind: 'problem' })
    expect(Reflect.get({}, 'user_id')).toBeUndefined()
  })

  it('gives back any records that were written', async () => {
    const records = fc.array(fc.dictionary(fc.string(), fc.jsonValue()).map((more) => jsonLine('ada', { more })))
    await fc.assert(
      fc.asyncProperty(records, async (lines) => {
        const rows = await read(lines.join('\n'), { format: 'ndjson' })
        expect(rows.map((row) => row.text)).toEqual(lines)
        expect(rows.map((row) => (row.kind === 'event' ? row.record : row))).toEqual(
          lines.map((line) => JSON.parse(line)),
        )
      }),
    )
  })
})
