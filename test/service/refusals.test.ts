import { describe, expect, it } from 'vitest'
import { example, startService } from './service.ts'

describe('what is refused', () => {
  const refused = async (asked: Promise<{ status: number; text: string; headers: Headers }>) => {
    const { status, text, headers } = await asked
    expect(headers.get('content-type')).toBe('application/problem+json')
    const problem = JSON.parse(text) as { status: number; problems: readonly { field: string }[] }
    expect(problem.status).toBe(status)
    return { status, problems: problem.problems, text, headers }
  }

  it('is named by field, what it got and what it wanted', async () => {
    const { post } = startService()
    const bad = { ...example, hour_of_day: 25, event_type: 'fly', device_type: null }
    const { status, problems } = await refused(post('/predict', JSON.stringify(bad)))
    expect(status).toBe(422)
    expect(problems).toEqual([
      { field: 'event_type', got: '"fly"', wanted: 'one of login, logout, view, click, download' },
      { field: 'device_type', got: 'nothing', wanted: 'one of desktop, mobile' },
      { field: 'hour_of_day', got: '25', wanted: 'an integer from 0 to 23' },
    ])
  })

  it.each([
    ['', 'nothing'],
    ['{"user_id":"alice@example.com"', 'text of 30 characters that is not valid JSON'],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 'bytes that are no UTF-8'],
  ])('is a body that is no JSON, which is not quoted: %j', async (body, got) => {
    const { post } = startService()
    const { status, problems, text } = await refused(post('/predict', body))
    expect(status).toBe(400)
    expect(problems).toEqual([{ field: 'body', got, wanted: 'JSON' }])
    expect(text).not.toContain('alice')
  })

  it.each(['null', '7', '"text"', '[]', '[{}]'])('is JSON that is no event: %s', async (body) => {
    const { status, problems } = await refused(startService().post('/predict', body))
    expect(status).toBe(422)
    expect(problems).toMatchObject([{ field: 'body' }])
  })

  it('is a body over the limit, by what is announced and by what comes', async () => {
    const { post } = startService()
    const large = JSON.stringify({ ...example, note: 'x'.repeat(70_000) })
    expect((await refused(post('/predict', large, { 'content-length': String(large.length) }))).status).toBe(413)
    expect((await refused(post('/predict', large))).status).toBe(413)
  })

  it.each([
    ['text/plain', 415, 'content-type', '"text/plain"'],
    ['application/x-www-form-urlencoded', 415, 'content-type', '"application/x-www-form-urlencoded"'],
    ['', 415, 'content-type', 'nothing'],
  ])('is another media type: %s', async (type, status, field, got) => {
    const answer = await refused(startService().post('/predict', '{}', { 'content-type': type }))
    expect(answer.status).toBe(status)
    expect(answer.problems).toEqual([{ field, got, wanted: 'application/json' }])
  })

  it('is another encoding', async () => {
    const answer = await refused(startService().post('/predict', '{}', { 'content-encoding': 'br' }))
    expect(answer.status).toBe(415)
    expect(answer.headers.get('accept-encoding')).toBe('gzip')
  })

  it('is a parameter that the route does not take, or another value, or two', async () => {
    const { post } = startService()
    const body = JSON.stringify(example)
    const known = await refused(post('/predict?learn=no', body))
    expect(known).toMatchObject({ status: 400, problems: [{ field: 'learn', got: '"no"', wanted: 'true or false' }] })
    const two = await refused(post('/predict?learn=true&learn=false', body))
    expect(two.problems).toEqual([{ field: 'learn', got: '2 values', wanted: 'true or false' }])
    const other = await refused(post('/predict?alice=1', body))
    expect(other.problems).toEqual([{ field: 'query', got: 'another name', wanted: 'learn, reasons' }])
  })

  it('is a path that is not there, without saying it', async () => {
    const { status, text } = await refused(startService().ask('/people/alice'))
    expect(status).toBe(404)
    expect(text).not.toContain('alice')
  })

  it('is nothing at /, which leads to the documentation', async () => {
    const { status, headers } = await startService().ask('/')
    expect([status, headers.get('location')]).toEqual([302, 'docs'])
  })

  it('is told to the log without what was sent, which may be a column too far', async () => {
    const { post, log } = startService()
    await post('/predict', JSON.stringify({ ...example, device_type: 'alice@example.com', hour_of_day: 4711 }))
    expect(log[0]?.detail).toBe(
      'device_type: got another text, wanted one of desktop, mobile; hour_of_day: got another number, wanted an integer from 0 to 23',
    )
  })

  it('is told to the log, by the same words', async () => {
    const { post, log } = startService()
    const { text } = await refused(post('/predict', '{'))
    expect(log).toMatchObject([{ level: 'warn', status: 400, detail: JSON.parse(text).detail }])
  })

  it.each([
    ['/predict', 'GET', 'POST'],
    ['/predict', 'PATCH', 'POST'],
    ['/users/alice', 'POST', 'GET, HEAD, DELETE'],
    ['/health', 'POST', 'GET, HEAD'],
    ['/docs', 'DELETE', 'GET, HEAD'],
  ])('is another method: %s %s', async (path, method, allow) => {
    const { status, headers, problems } = await refused(startService().ask(path, { method }))
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe(allow)
    expect(problems).toEqual([{ field: 'method', got: method, wanted: allow }])
  })

  it('is what a proxy of JavaScript would fall for: names of every object', async () => {
    const { post, ask } = startService()
    const hostile = '{"__proto__":{"user_id":1},"constructor":1,"toString":"x"}'
    expect((await refused(post('/predict', hostile))).status).toBe(422)
    expect((await refused(ask('/users/__proto__'))).status).toBe(404)
    expect((await post('/predict', JSON.stringify({ ...example, user_id: '__proto__' }))).status).toBe(200)
    expect((await ask('/users/__proto__')).status).toBe(200)
  })
})
