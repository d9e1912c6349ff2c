import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BehaviorEvent } from '../../src/event.ts'
import { formatProblem, parseAccessLine, type Row } from '../../src/records/index.ts'
import { accessLine, brief, read } from './reading.ts'

const AGENT = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148'

async function only(line: string): Promise<Row> {
  const rows = await read(line, { format: 'combined' })
  expect(rows).toHaveLength(1)
  return rows[0] as Row
}

async function eventOf(line: string): Promise<BehaviorEvent> {
  const row = await only(line)
  if (row.kind !== 'event') throw new Error(`got ${brief(row)}, wanted an event`)
  return row.event
}

describe('a line of an access log', () => {
  it('in combined format is an event, with what HTTP says of it', async () => {
    const line = `203.0.113.7 - - [01/Mar/2024:00:30:05 +0200] "GET /files/a.pdf?v=2 HTTP/2.0" 206 5120 "https://example.com/" "${AGENT}"`
    expect(await only(line)).toEqual({
      kind: 'event',
      line: 1,
      text: line,
      end: '',
      bytes: undefined,
      record: {
        client: '203.0.113.7',
        identity: null,
        user: null,
        time: '01/Mar/2024:00:30:05 +0200',
        request: 'GET /files/a.pdf?v=2 HTTP/2.0',
        method: 'GET',
        path: '/files/a.pdf?v=2',
        protocol: 'HTTP/2.0',
        status: 206,
        bytes: 5120,
        referer: 'https://example.com/',
        user_agent: AGENT,
        more: null,
      },
      event: {
        userId: '203.0.113.7',
        eventType: 'download',
        deviceType: 'mobile',
        hourOfDay: 22,
        dayOfWeek: 3,
        sessionDurationSec: undefined,
        eventsInSession: undefined,
        timestampMs: Date.UTC(2024, 1, 29, 22, 30, 5),
        request: { method: 'GET', route: '/files/a.pdf', status: 206, bytes: 5120 },
      },
    })
  })

  it('in common format has no referer and no user agent', async () => {
    const event = await eventOf('::1 - frank [10/Oct/2000:13:55:36 -0700] "POST /login HTTP/1.0" 302 -')
    expect(event).toMatchObject({ userId: 'frank', eventType: 'login', deviceType: 'desktop', hourOfDay: 20 })
    expect(event.request).toEqual({ method: 'POST', route: '/login', status: 302, bytes: 0 })
  })

  it.each([
    ['the authenticated user', '192.0.2.1 - ada [', 'ada'],
    ['a user with spaces and brackets', '192.0.2.1 - Ada [the first] Lovelace [', 'Ada [the first] Lovelace'],
    ['the address where the user is empty', '192.0.2.1 - "" [', '192.0.2.1'],
    ['an address of IPv6', '2001:db8::8a2e:370:7334 - - [', '2001:db8::8a2e:370:7334'],
    ['a host name', 'host-7.example.com - - [', 'host-7.example.com'],
  ])('is by %s', async (_, beginning, user) => {
    const event = await eventOf(`${beginning}29/Feb/2024:23:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"`)
    expect(event.userId).toBe(user)
  })

  it.each([
    ['GET /a%20b/?q=1&q=2 HTTP/1.1', 'GET', '/a%20b/', 'view'],
    ['GET /a b HTTP/1.1', 'GET', '/a b', 'view'],
    ['GET /say/\\"hi\\" HTTP/1.1', 'GET', '/say/\\"hi\\"', 'view'],
    ['GET http://example.com/a?b HTTP/1.1', 'GET', '/a', 'view'],
    ['GET https://example.com HTTP/1.1', 'GET', '/', 'view'],
    ['GET /go?to=http://example.com/ HTTP/1.1', 'GET', '/go', 'view'],
    ['CONNECT example.com:443 HTTP/1.1', 'CONNECT', 'example.com:443', 'click'],
    ['OPTIONS * HTTP/1.1', 'OPTIONS', '*', 'view'],
    ['GET /old', 'GET', '/old', 'view'],
    ['DELETE /session HTTP/2', 'DELETE', '/session', 'logout'],
    [`GET /${'a'.repeat(600)} HTTP/1.1`, 'GET', `/${'a'.repeat(511)}`, 'view'],
  ])('asks for %.60s', async (request, method, route, eventType) => {
    const event = await eventOf(accessLine('192.0.2.1', request))
    expect(event).toMatchObject({ eventType, request: { method, route } })
  })

  it.each([
    '-',
    '',
    '\\x16\\x03\\x01\\x02',
    '\\x16\\x03\\x01 a b',
    'GET',
    'GET HTTP/1.1',
    'GET  HTTP/1.1',
    'GET / HTTP/x',
    '{} / HTTP/1.1',
  ])('whose request is %j is a view of nothing by an address', async (request) => {
    const row = await only(accessLine('192.0.2.1', request))
    expect(row).toMatchObject({
      kind: 'event',
      event: { userId: '192.0.2.1', eventType: 'view', request: { method: '-', route: '-' } },
      record: { request, method: null, path: null, protocol: null },
    })
  })

  it('may end its user agent with a backslash that is escaped, and have quotes in it', () => {
    const line = `192.0.2.1 - - [29/Feb/2024:23:30:00 +0000] "GET / HTTP/1.1" 200 5 "\\"\\\\" "a \\"b\\" \\\\"`
    expect(parseAccessLine(line)).toMatchObject({ record: { referer: '\\"\\\\', user_agent: 'a \\"b\\" \\\\' } })
  })

  it("may have more fields at its end, as nginx's own format has", () => {
    const parsed = parseAccessLine(`${accessLine('192.0.2.1')} "198.51.100.2, 10.0.0.1" 0.003`)
    expect(parsed).toMatchObject({ record: { more: '"198.51.100.2, 10.0.0.1" 0.003' } })
  })

  it.each([
    ['200', 200, 200],
    ['499', 499, 499],
    ['000', 0, undefined],
    ['999', 999, undefined],
    ['-', null, undefined],
  ])('has a status of %s', async (text, status, known) => {
    const row = await only(accessLine('192.0.2.1').replace('" 200 ', `" ${text} `))
    expect(row).toMatchObject({ record: { status }, event: { request: { status: known } } })
  })

  const whole = accessLine('192.0.2.1')
  it.each([
    ['', 'client address is missing'],
    [' - - [29/Feb/2024:23:30:00 +0000]', 'client address is missing'],
    ['192.0.2.1', 'client address is missing'],
    ['192.0.2.1 -', 'user is missing'],
    ['192.0.2.1 - -', 'time is missing, or not [dd/Mon/yyyy:hh:mm:ss ±hhmm]'],
    [whole.replace('29/Feb', '29-Feb'), 'time is missing, or not [dd/Mon/yyyy:hh:mm:ss ±hhmm]'],
    [whole.replace('29/Feb', '30/Feb'), 'time is impossible'],
    [whole.replace('2024', '2023'), 'time is impossible'],
    [whole.replace('2024', '1924'), 'time is impossible'],
    [whole.replace('Feb', 'feb'), 'time is impossible'],
    [whole.replace('Feb', 'anF'), 'time is impossible'],
    [whole.replace('23:30', '24:30'), 'time is impossible'],
    [whole.replace('23:30:00', '23:30:60'), 'time is impossible'],
    [whole.replace('+0000', '+2400'), 'time is impossible'],
    [whole.replace('+0000', '00000'), 'time is impossible'],
    [whole.slice(0, whole.indexOf('"')), 'request is missing'],
    [whole.slice(0, whole.indexOf('HTTP')), 'request is not terminated'],
    [whole.replaceAll('"', '\\"').replace('\\"', '"'), 'request is not terminated'],
    [whole.replace('" 200', '"200'), 'status is missing'],
    [whole.replace(' 200 ', ' 20 '), 'status is no three digits'],
    [whole.replace(' 200 ', ' ok! '), 'status is no three digits'],
    [whole.slice(0, whole.indexOf(' 512')), 'bytes are missing'],
    [whole.replace(' 512 ', ' -1 '), 'bytes are no count'],
    [whole.replace(' 512 ', ` ${'9'.repeat(20)} `), 'bytes are no count'],
    [whole.replace(' "-" ', ' - '), 'referer is missing'],
    [whole.slice(0, whole.indexOf('"-"') + 2), 'referer is not terminated'],
    [whole.slice(0, whole.indexOf('"-"') + 3), 'user agent is missing'],
    [whole.slice(0, -1), 'user agent is not terminated'],
    [`${whole}x`, 'user agent has text after its closing quote'],
  ])('%s is a problem: %s', async (line, reason) => {
    const rows = await read(`${whole}\n${line}\n${whole}\n`, { format: 'combined' })
    const expected = line === '' ? '2 blank' : `2 problem ${reason}`
    expect(rows.map(brief)).toEqual(['1 event 192.0.2.1', expected, '3 event 192.0.2.1'])
    expect(parseAccessLine(line)).toBe(reason)
  })

  it('whose user has a name longer than an id may be is a problem that does not repeat it', async () => {
    const row = await only(accessLine('a'.repeat(257)))
    expect(row).toMatchObject({ kind: 'problem', problems: [{ field: 'user_id', got: 'text of 257 characters' }] })
    expect(row.kind === 'problem' && formatProblem(row)).not.toContain('aaa')
  })

  it('of a type that the model does not know is a problem', async () => {
    const rows = await read(accessLine('192.0.2.1'), { eventTypes: ['login', 'buy'] })
    expect(rows.map(brief)).toEqual(['1 problem event_type: got "view", wanted one of login, buy'])
  })

  it('never makes reading throw, and takes no longer than its length allows', () => {
    const bits = fc.constantFrom(
      ' ',
      '[',
      ']',
      '"',
      '\\',
      '-',
      '29/Feb/2024:23:30:00 +0000',
      '[29/Feb/2024:23:30:00 +0000] "',
      '200',
    )
    fc.assert(fc.property(fc.array(fc.oneof(bits, fc.string())), (parts) => void parseAccessLine(parts.join(''))))
    for (const bit of ['\\', '\\"', ' [', '"', ' ', '[', ' [29/Feb/2024:23:30:0x +0000]']) {
      const start = performance.now()
      parseAccessLine(`192.0.2.1 - ${bit.repeat(300_000)}`)
      parseAccessLine(`192.0.2.1 - - [29/Feb/2024:23:30:00 +0000] "${bit.repeat(300_000)}`)
      expect(performance.now() - start).toBeLessThan(1_000)
    }
  })

  it('gives back what a server wrote of any user, path and user agent', () => {
    const escaped = fc
      .string({ unit: 'grapheme' })
      .map((text) => text.replace(/[\n\r\p{Cs}]/gu, '').replace(/["\\]/g, '\\$&'))
    fc.assert(
      fc.property(
        escaped,
        escaped,
        fc.date({ min: new Date('1970-01-02'), noInvalidDate: true, max: new Date('9999-12-31') }),
        (path, agent, date) => {
          const [, day, month, year, clock] = date.toUTCString().split(' ')
          const request = `GET /${path} HTTP/1.1`
          const line = `192.0.2.1 - - [${day}/${month}/${year}:${clock} +0000] "${request}" 200 5 "-" "x${agent}"`
          expect(parseAccessLine(line)).toMatchObject({
            timestampMs: Math.floor(date.getTime() / 1_000) * 1_000,
            record: { path: `/${path}`, user_agent: `x${agent}` },
          })
        },
      ),
    )
  })
})

describe('fields of an access log that are mapped', () => {
  it('stand in the place of what the line says by itself, the rest stays', async () => {
    const line = `192.0.2.1 device-7 ada [29/Feb/2024:23:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"`
    const [row] = await read(line, { map: { user_id: 'identity' } })
    expect(row).toMatchObject({
      kind: 'event',
      event: { userId: 'device-7', eventType: 'view', hourOfDay: 23, request: { route: '/', bytes: 5 } },
    })
  })

  it('must be fields that an access log has', async () => {
    await expect(read(accessLine('192.0.2.1'), { map: { user_id: 'account.id' } })).rejects.toThrow(
      '"account.id" is no field of an access log; these are: client, identity, user, ',
    )
  })
})

// The access log of semicomplete.com as elastic/examples publishes it, and the same 9,999 requests as another parser read
// them. HEDGEROW_DATA names the directory that has them, in `semicomplete_apache/`.
const { HEDGEROW_DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url)) } = process.env
const log = `${HEDGEROW_DATA}/semicomplete_apache/raw/apache_logs.gz`
const reference = `${HEDGEROW_DATA}/semicomplete_apache/requests.ndjson.gz`
const missing = existsSync(log) && existsSync(reference) ? undefined : `no ${log}: set HEDGEROW_DATA`
if (missing) console.warn(`Skipped: an access log of 10,000 lines (${missing}).`)

describe.skipIf(missing)('an access log of 10,000 lines', () => {
  it('has 9,999 events and one line that is broken, by its number', async () => {
    const rows = await read([readFileSync(log)])
    expect(rows.map((row) => row.line)).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1))
    const problems = rows.filter((row) => row.kind === 'problem')
    expect(problems.map(formatProblem)).toEqual(['line 8899: user agent is not terminated'])
    expect(rows.filter((row) => row.kind === 'event')).toHaveLength(9_999)
  })

  it('has in each field what another parser read', async () => {
    const ours = (await read([readFileSync(log)])).flatMap((row) => {
      if (row.kind !== 'event') return []
      const { client, method, path, protocol, status, bytes, user_agent, referer } = row.record
      const ts = new Date(row.event.timestampMs ?? Number.NaN).toISOString().replace('.000', '')
      return [
        {
          ts,
          tz_min: 0,
          user: client,
          ip: client,
          method,
          path,
          proto: protocol,
          status,
          bytes,
          ua: user_agent,
          referer,
        },
      ]
    })
    const theirs = gunzipSync(readFileSync(reference)).toString().trim().split('\n')
    expect(ours.map((request) => JSON.stringify(request)).sort()).toEqual(theirs.sort())
  })
})
