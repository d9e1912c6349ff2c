import { describe, expect, it } from 'vitest'
import { eventReader, parseMapping, type RecordOptions } from '../../src/records/index.ts'
import { brief, read } from './reading.ts'

const record = {
  account: { id: 'ada', 'enduser.id': 'bob', groups: ['x'] },
  'account.id': 'eve',
  act: 'click',
  device: { type: 'mobile' },
  time: '2024-02-29T23:30:00Z',
}
const others = { event_type: 'act', device_type: 'device.type', timestamp: 'time' }
const ndjson = (user_id: string): RecordOptions => ({ format: 'ndjson', map: { user_id, ...others } })

describe('a mapping', () => {
  it.each([
    ['account.id', '1 event ada'],
    ['account.enduser\\.id', '1 event bob'],
    ['account\\.id', '1 event eve'],
  ])('by %s finds the field', async (path, row) => {
    expect((await read(JSON.stringify(record), ndjson(path))).map(brief)).toEqual([row])
  })

  it.each([
    'account.name',
    'account.id.first',
    'missing.id',
    'account.groups.0',
    'account.groups.length',
    'constructor.name',
    '__proto__.x',
    'act.length',
  ])('by %s finds nothing, which is said of the field', async (path) => {
    const [row] = await read(JSON.stringify(record), ndjson(path))
    expect(row).toMatchObject({ kind: 'problem', problems: [{ field: 'user_id', got: 'nothing' }] })
  })

  it('leaves the fields that it does not name where they are', async () => {
    const line = JSON.stringify({
      who: 'ada',
      event_type: 'view',
      device_type: 'mobile',
      timestamp: '2024-02-29T23:30:00Z',
    })
    const [row] = await read(line, { map: { user_id: 'who' } })
    expect(row).toMatchObject({ kind: 'event', record: { who: 'ada' }, event: { userId: 'ada', eventType: 'view' } })
  })

  it('names columns of CSV, dots and all', async () => {
    const rows = await read('account.id,act,device.type,time\nada,click,mobile,2024-02-29T23:30Z\n', {
      map: { user_id: 'account.id', ...others },
    })
    expect(rows.map(brief)).toEqual(['1 header', '2 event ada'])
  })

  it('reads records in hand as it reads lines', async () => {
    const toEvent = eventReader({ user_id: 'account.id', ...others })
    const [row] = await read(JSON.stringify(record), ndjson('account.id'))
    expect(toEvent(record)).toEqual({ ok: true, event: row?.kind === 'event' && row.event })
    expect(toEvent(null)).toMatchObject({ ok: false, problems: [{ field: '' }] })
    expect(() => eventReader({ user_id: '.' })).toThrow('the path of user_id')
  })

  it('comes from a command line', () => {
    expect(parseMapping(['user_id=account.id', 'timestamp=a=b'])).toEqual({ user_id: 'account.id', timestamp: 'a=b' })
    expect(parseMapping([])).toEqual({})
  })

  it.each([
    [['user_id'], 'got "user_id", wanted FIELD=PATH, as in user_id=account.id'],
    [['user=account.id'], '"user" is no field of an event; these are: user_id, event_type, '],
    [['__proto__=x'], '"__proto__" is no field of an event'],
    [['user_id=a', 'user_id=b'], '"user_id" is mapped twice'],
    [['user_id='], 'the path of user_id is empty'],
    [['user_id=a..b'], 'the path of user_id, "a..b", has an empty name between its dots'],
    [['user_id=.a'], 'the path of user_id, ".a", has an empty name between its dots'],
    [[`${'x'.repeat(100)}=a`], `"${'x'.repeat(40)}…" is no field`],
  ])('%j is refused', (specs, message) => {
    expect(() => parseMapping(specs)).toThrow(message)
  })
})
