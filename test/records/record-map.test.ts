import { describe, expect, it } from 'vitest'
import { type RecordMap, recordMapper } from '../../src/records/index.ts'

const TIME = '2026-01-05T10:00:00Z'
const MS = Date.parse(TIME)

/** What is known of the request that all of these tell of. */
const VIEW = {
  userId: 'address:192.0.2.1',
  eventType: 'view',
  deviceType: 'mobile',
  hourOfDay: 10,
  dayOfWeek: 0,
  timestampMs: MS,
  request: { method: 'GET', route: '/a', status: 200 },
}

function event(record: unknown, map?: RecordMap, nowMs?: number): unknown {
  const mapped = recordMapper(map)(record, nowMs)
  return mapped.ok ? mapped.event : mapped.why
}

describe('a record by itself is', () => {
  it.each([
    [
      "OpenTelemetry's attributes, flat",
      {
        'http.request.method': 'GET',
        'url.path': '/a',
        'http.response.status_code': 200,
        'user_agent.original': 'iPhone',
        'client.address': '192.0.2.1',
        '@timestamp': TIME,
      },
    ],
    [
      "OpenTelemetry's attributes, nested, as Elastic has them",
      {
        http: { request: { method: 'GET' }, response: { status_code: 200 } },
        url: { path: '/a' },
        user_agent: { original: 'iPhone' },
        client: { address: '192.0.2.1' },
        '@timestamp': TIME,
      },
    ],
    [
      'a whole span',
      {
        name: 'GET',
        startTime: [MS / 1000, 999_999],
        attributes: {
          'http.method': 'GET',
          'http.target': '/a?b=1',
          'http.status_code': 200,
          'http.user_agent': 'iPhone',
          'net.peer.ip': '192.0.2.1',
        },
      },
    ],
    [
      "nginx's JSON",
      {
        time_iso8601: '2026-01-05T11:00:00+01:00',
        remote_addr: '192.0.2.1',
        remote_user: '-',
        request: 'GET /a?b=1 HTTP/1.1',
        status: '200',
        http_user_agent: 'iPhone',
      },
    ],
    [
      'flat, in camel case',
      {
        clientIp: '192.0.2.1',
        method: 'GET',
        url: 'https://example.org/a',
        status: 200,
        userAgent: 'iPhone',
        ts: MS / 1000,
      },
    ],
    [
      'what `hedgerow score` writes of an access log',
      {
        client: '192.0.2.1',
        user: null,
        time: '05/Jan/2026:10:00:00 +0000',
        method: 'GET',
        path: '/a',
        status: 200,
        user_agent: 'iPhone',
      },
    ],
    [
      "Cloudflare's Logpush",
      {
        ClientIP: '192.0.2.1',
        ClientRequestMethod: 'GET',
        ClientRequestURI: '/a?b=1',
        EdgeResponseStatus: 200,
        ClientRequestUserAgent: 'iPhone',
        EdgeStartTimestamp: MS * 1e6,
      },
    ],
    [
      "pino-http's",
      {
        level: 30,
        time: MS,
        req: {
          id: 1,
          method: 'GET',
          url: '/a?b',
          headers: { 'user-agent': 'iPhone' },
          remoteAddress: '::ffff:192.0.2.1',
        },
        res: { statusCode: 200 },
        msg: 'request completed',
      },
    ],
    [
      "Caddy's",
      {
        ts: MS / 1000,
        request: { remote_ip: '192.0.2.1', method: 'GET', uri: '/a', headers: { 'User-Agent': ['iPhone'] } },
        status: 200,
      },
    ],
    [
      "Traefik's",
      {
        StartUTC: TIME,
        ClientHost: '192.0.2.1',
        RequestMethod: 'GET',
        RequestPath: '/a',
        DownstreamStatus: 200,
        'request_User-Agent': 'iPhone',
      },
    ],
    [
      "Google's",
      {
        timestamp: TIME,
        httpRequest: {
          requestMethod: 'GET',
          requestUrl: 'https://example.org/a',
          status: 200,
          userAgent: 'iPhone',
          remoteIp: '192.0.2.1',
        },
      },
    ],
  ])('%s', (_, record) => {
    expect(event(record)).toMatchObject(VIEW)
  })

  it('an event of the wire, under the key that the middleware has for the user', () => {
    const wire = { event_type: 'click', device_type: 'desktop', timestamp: TIME, user_id: 'session:x' }
    expect(event(wire)).toMatchObject({ userId: 'user:session:x', eventType: 'click', deviceType: 'desktop' })
  })

  it('an event of the wire whose device and user are told otherwise', () => {
    const record = { event_type: 'download', userAgent: 'x', user_agent: 'Android', session_id: 's1', timestamp: TIME }
    expect(event(record)).toMatchObject({ userId: 'session:s1', eventType: 'download', deviceType: 'mobile' })
  })
})

describe('who it was', () => {
  const request = { method: 'POST', path: '/login', time: MS }
  it.each([
    [{ user_id: 'ada', session_id: 's', client_ip: '192.0.2.1' }, 'ada'],
    [{ user: { id: 7 }, session_id: 's' }, '7'],
    [{ user: 'ada', client_ip: '192.0.2.1' }, 'ada'],
    [{ remote_user: '-', session: { id: 's' }, client_ip: '192.0.2.1' }, 'session:s'],
    [{ remote_user: '', client_ip: '2001:db8::1' }, 'address:2001:db8:0:0::/64'],
  ])('%o is %s', (who, key) => {
    expect(event({ ...request, ...who })).toMatchObject({ userId: key, eventType: 'login' })
  })

  it.each([
    {},
    { client_ip: 'unknown' },
    { 'x-forwarded-for': '192.0.2.1', headers: { 'x-forwarded-for': '192.0.2.1' } },
    { user_id: 'x'.repeat(257), client_ip: '192.0.2.1' },
    { user_id: { toString: () => 'ada' } },
  ])('is nobody in %o', (who) => {
    expect(event({ ...request, ...who })).toBe('no_identity')
  })
})

describe('a map', () => {
  const record = { verb: 'GET', page: '/exports/all', who: { name: 'ada' }, 'net.host': '192.0.2.1', at: TIME }

  it('says where fields stand, the others are found', () => {
    const map = { method: 'verb', path: 'page', user_id: 'who.name', timestamp: 'at' }
    expect(event(record, map)).toMatchObject({ userId: 'ada', eventType: 'download', timestampMs: MS })
    expect(event({ ...record, method: 'GET', path: '/b' }, { user_id: 'who.name', timestamp: 'at' })).toMatchObject({
      userId: 'ada',
      request: { route: '/b' },
    })
  })

  it('finds names with dots in them', () => {
    const map = { method: 'verb', path: 'page', client_address: 'net.host', timestamp: 'at' }
    expect(event(record, map)).toMatchObject({ userId: 'address:192.0.2.1' })
  })

  it('is the last word on the fields that it names', () => {
    const map = { client_address: 'network.peer.address' }
    expect(event({ method: 'GET', path: '/', client_ip: '192.0.2.1', time: MS }, map)).toBe('no_identity')
  })

  it('may be a function', () => {
    const map: RecordMap = ({ kind, name }) =>
      kind === 'order' ? { event_type: 'click', device_type: 'desktop', user_id: name, timestamp: MS } : undefined
    expect(event({ kind: 'order', name: 'ada' }, map)).toMatchObject({ userId: 'ada', eventType: 'click' })
    expect(event({ kind: 'ping' }, map)).toBe('no_event')
  })

  it.each([
    [
      (): never => {
        throw new Error('ada')
      },
      'bad_event',
    ],
    [(): never => 'view' as never, 'bad_event'],
    [(): never => ({ event_type: 'fly', user_id: 'ada' }) as never, 'bad_event'],
  ])('may be a function that fails', (map, why) => {
    const mapped = recordMapper(map)({})
    expect(mapped).toMatchObject({ ok: false, why })
    expect(JSON.stringify(mapped)).not.toContain('ada')
  })

  it('may be one convention alone', () => {
    const flat = { method: 'GET', path: '/', client_ip: '192.0.2.1', time: MS }
    expect([event(flat, 'access'), event(flat, 'otel'), event(flat, 'wire')]).toEqual([
      expect.objectContaining({ eventType: 'view' }),
      'no_event',
      'bad_event',
    ])
  })

  it.each([
    ['apache', 'map: got "apache", wanted one of auto, wire, otel, access'],
    [7, 'map: got 7, wanted one of'],
    [{ usr: 'x' }, '"usr" is no field of an event; these are: user_id,'],
    [{ path: '' }, 'the path of path is empty'],
    [{ path: 'a.' }, 'the path of path, "a.", has an empty name between its dots'],
  ])('%o is refused at once', (map, message) => {
    expect(() => recordMapper(map as RecordMap)).toThrow(message)
  })
})

describe('a time', () => {
  const request = { method: 'GET', path: '/', client_ip: '192.0.2.1' }
  it.each([
    ['2026-01-05T10:00:00.9999Z', MS + 999],
    [MS / 1000, MS],
    [MS + 0.75, MS],
    [MS * 1e3, MS],
    [String(MS * 1e6).replace('e+', ''), MS],
    ['1767607200000000000', MS],
    ['1767607200.250', MS + 250],
    [new Date(MS), MS],
    ['[05/Jan/2026:11:00:00 +0100]', MS],
  ])('%o is read', (time, ms) => {
    expect(event({ ...request, time })).toMatchObject({ timestampMs: ms })
  })

  it.each(['yesterday', -1, Number.NaN, 1e300, '9'.repeat(100), true, new Date(Number.NaN)])('%o is none', (time) => {
    expect(event({ ...request, time })).toBe('bad_event')
  })

  it('is that of the host where the record has none', () => {
    expect(event(request)).toBe('bad_event')
    expect(event(request, 'auto', MS)).toMatchObject({ timestampMs: MS, hourOfDay: 10 })
  })
})

describe('a record that nobody would write', () => {
  it.each([
    [null, 'no_event'],
    [undefined, 'no_event'],
    [[{ method: 'GET' }], 'no_event'],
    ['GET /', 'no_event'],
    [{ method: 'charge', path: '/' }, 'no_event'],
    [{ method: 'GET' }, 'no_event'],
    [Object.create({ method: 'GET', path: '/', user_id: 'ada' }), 'no_event'],
    [JSON.parse('{"__proto__":{"method":"GET","path":"/"}}'), 'no_event'],
    [{ method: 'GET', path: {}, user_id: [] }, 'no_event'],
  ])('%#: %s', (record, why) => {
    expect(event(record)).toBe(why)
  })

  it('throws nothing of its own', () => {
    const fail = (): never => {
      throw new Error('ada')
    }
    expect(recordMapper()(new Proxy({}, { get: fail, getOwnPropertyDescriptor: fail }))).toMatchObject({
      why: 'bad_event',
    })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(recordMapper()(proxy)).toMatchObject({ why: 'bad_event' })
    expect(
      recordMapper()({
        method: 'GET',
        path: '/',
        get user_id() {
          return fail()
        },
      }),
    ).toMatchObject({ why: 'bad_event' })
  })
})
