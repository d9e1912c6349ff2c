import { describe, expect, it } from 'vitest'
import { parseKeys } from '../../src/service/keys.ts'
import type { LogEntry } from '../../src/service/settings.ts'
import { ordinary, startService } from './service.ts'

const PREDICT = 'predict-0123456789abcdef'
const USERS = 'users-0123456789abcdefgh'
const ALL = 'all-0123456789abcdefghij'
const keys = parseKeys(`predict:${PREDICT} users+metrics:${USERS}\nall:${ALL}`)
const body = JSON.stringify(ordinary)

describe('bearer keys', () => {
  if (typeof keys === 'string') throw new Error(keys)
  const { ask, post, log } = startService({ keys })
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

  it.each([
    ['POST /predict', PREDICT, 200],
    ['POST /predict', ALL, 200],
    ['POST /predict', USERS, 403],
    ['GET /users/ordinary', USERS, 200],
    ['GET /users/ordinary', PREDICT, 403],
    ['GET /metrics', USERS, 501],
    ['GET /metrics', PREDICT, 403],
    ['GET /model', PREDICT, 200],
  ])('open what their scopes say: %s with %s is %i', async (route, key, status) => {
    const [method = '', path = ''] = route.split(' ')
    const answer = method === 'POST' ? await post(path, body, bearer(key)) : await ask(path, { headers: bearer(key) })
    expect(answer.status).toBe(status)
    expect(answer.text).not.toContain(key)
  })

  it.each(['/predict', '/predict/batch', '/events'])('are asked for before the body is looked at: %s', async (path) => {
    const answer = await post(path, '{', { 'content-type': 'text/plain' })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="hedgerow"')
  })

  it.each(['/health', '/docs', '/openapi.json'])('are not asked for at %s', async (path) => {
    expect((await ask(path)).status).toBe(200)
  })

  it.each([
    ['with the last character another', `${PREDICT.slice(0, -1)}x`],
    ['with the first character another', `x${PREDICT.slice(1)}`],
    ['one character short', PREDICT.slice(0, -1)],
    ['one character long', `${PREDICT}0`],
    ['in other letters', PREDICT.toUpperCase()],
    ['with its scope before it', `predict:${PREDICT}`],
    ['very long', 'x'.repeat(8000)],
    ['empty', ''],
  ])('open nothing %s', async (_, key) => {
    expect((await post('/predict', body, bearer(key))).status).toBe(401)
  })

  it.each([`Basic ${PREDICT}`, PREDICT, `Bearer${PREDICT}`, `Bearer ${PREDICT} ${ALL}`])(
    'open nothing in another form: %s',
    async (authorization) => {
      expect((await post('/predict', body, { authorization })).status).toBe(401)
    },
  )

  it('are told apart in the log by number, never by name', async () => {
    await post('/predict', body, bearer(ALL))
    expect(log.at(-1)).toMatchObject({ status: 200, key: 3 })
    expect(JSON.stringify(log)).not.toMatch(/0123456789/)
  })

  it.each([
    [' \n', 'white space alone'],
    ['justasecretwithoutscope', 'entry 1 without scopes that there are'],
    [`fly:${PREDICT}`, 'entry 1 without scopes that there are'],
    [`predict:${PREDICT} users:short`, 'entry 2 with a secret of 5 characters'],
    [`predict:${PREDICT}!`, 'entry 1 with a character that no secret has'],
    [`predict:${PREDICT} users:${PREDICT}`, 'entry 2 with the secret of another'],
    [
      `predict:short fly:${PREDICT} users:${USERS} all:${USERS}`,
      'entry 1 with a secret of 5 characters, entry 2 without scopes that there are, entry 4 with the secret of another',
    ],
  ])('are refused by the number of the entry: %s', (text, problem) => {
    expect(parseKeys(text)).toBe(problem)
  })
})

describe('what browsers are told', () => {
  it('is to keep answers to themselves and to run nothing', async () => {
    const { headers } = await startService().post('/predict', body)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('is which origins may ask, only where there are any', async () => {
    const preflight = (origin: string) => ({
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    })
    expect((await startService().ask('/predict', preflight('https://app.example.com'))).status).toBe(405)
    const { ask } = startService({ corsOrigins: ['https://app.example.com'] })
    const allowed = await ask('/predict', preflight('https://app.example.com'))
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(allowed.headers.get('access-control-allow-headers')).toBe('authorization,content-type,content-encoding')
    const refused = await ask('/predict', preflight('https://evil.example.com'))
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the log', () => {
  it('has of a failure where it was, and nothing that it said; and so has what traces requests', async () => {
    const log: LogEntry[] = []
    let traced: Error | undefined
    const { ask } = startService({
      platform: {
        docsFile: () => new Response(),
        metrics: () => Promise.reject(new RangeError('no metrics for alice\nat all')),
        log: (entry) => log.push(entry),
        around: async (c, next) => {
          await next()
          traced = c.error
        },
      },
    })
    const { status, text } = await ask('/metrics')
    expect(status).toBe(500)
    expect(log[0]).toMatchObject({ level: 'error', msg: 'a failure of the service', error: 'RangeError' })
    expect(log[0]?.where).toContainEqual(expect.stringContaining('access.test.ts'))
    expect(traced).toMatchObject({ name: 'RangeError', message: '', stack: expect.stringContaining('access.test.ts') })
    expect(text + JSON.stringify(log) + traced?.stack).not.toContain('alice')
  })

  it('names users and clients by keyed hashes alone', async () => {
    const { post, log } = startService()
    await post('/predict', JSON.stringify({ ...ordinary, user_id: 'alice' }))
    await post('/predict', JSON.stringify({ ...ordinary, user_id: 'alice' }))
    await post('/predict', JSON.stringify({ ...ordinary, user_id: 'bob' }))
    const hashes = log.map((entry) => entry.user_hash)
    expect(hashes[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
    expect(JSON.stringify(log)).not.toMatch(/alice|bob/)
  })
})
