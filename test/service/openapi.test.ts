import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseEvent } from '../../src/event.ts'
import { example, json, ordinary, startService } from './service.ts'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example: unknown }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >
}

const service = startService()
const { ask, post } = service
let document: Document
let validates: (ref: string, value: unknown) => boolean

beforeAll(async () => {
  document = json<Document>(await ask('/openapi.json'))
  const ajv = new Ajv2020({
    strict: false,
    // As RFC 3339 has it; that nobody writes the 31st of February is for parseEvent to say.
    formats: {
      'date-time': (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text),
      uuid: /^[0-9a-f-]{36}$/,
    },
  })
  ajv.addSchema(document, 'api')
  validates = (ref, value) => ajv.getSchema(`api#${ref}`)?.(value) === true
})

describe('/openapi.json', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const { valid, errors } = await new Validator().validate(
      structuredClone(json<Record<string, unknown>>(await ask('/openapi.json'))),
    )
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
  })

  it('names every route that there is, and no other', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    const served = service.app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`)
    const ofDocs = [
      '/',
      '/docs',
      '/docs/start.js',
      '/docs/swagger-ui-bundle.js',
      '/docs/swagger-ui.css',
      '/openapi.json',
    ]
    expect([...documented, ...ofDocs.map((path) => `GET ${path}`)].sort()).toEqual([...new Set(served)].sort())
  })

  it('describes what is answered', async () => {
    const bad = { ...example, hour_of_day: 99 }
    const asked: readonly (readonly [path: string, method: string, status: string, body: unknown])[] = [
      ['/predict', 'post', '200', json(await post('/predict?reasons=all', JSON.stringify(example)))],
      ['/predict', 'post', 'default', json(await post('/predict', JSON.stringify(bad)))],
      ['/predict/batch', 'post', '200', json(await post('/predict/batch', JSON.stringify([example, bad, ordinary])))],
      ['/events', 'post', '200', json(await post('/events', JSON.stringify([example, bad])))],
      ['/users/{id}', 'get', '200', json(await ask('/users/123'))],
      ['/users/{id}', 'get', 'default', json(await ask('/users/nobody'))],
      ['/model', 'get', '200', json(await ask('/model'))],
      ['/health', 'get', '200', json(await ask('/health'))],
    ]
    for (const [path, method, status, body] of asked) {
      const type = status === 'default' ? 'application/problem+json' : 'application/json'
      expect(document.paths[path]?.[method]?.responses[status]?.content).toHaveProperty([type])
      const ref = ['paths', path, method, 'responses', status, 'content', type, 'schema']
      const pointer = ref.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
      expect([path, status, validates(pointer.join(''), body)]).toEqual([path, status, true])
    }
  })

  it('gives examples that are answered', async () => {
    for (const [path, { post: operation }] of Object.entries(document.paths)) {
      for (const [type, { example: given }] of Object.entries(operation?.requestBody?.content ?? {})) {
        const body = typeof given === 'string' ? given : JSON.stringify(given)
        expect(await post(path, body, { 'content-type': type })).toMatchObject({ status: 200 })
      }
    }
  })
})

describe('the schema of an event', () => {
  const takes = (record: unknown): boolean => validates('/components/schemas/Event', record)

  // Numbers as text and null or empty text are the two ways in which parseEvent takes more; the description says so.
  const number = fc.oneof(
    fc.constantFrom(0, 1, -1, 0.5, 6, 7, 23, 24, 18_000, 1e300, Number.MAX_SAFE_INTEGER, 2 ** 53),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(true, [], {}, 'many'),
  )
  const record = fc.record(
    {
      user_id: fc.oneof(
        fc.constantFrom(123, 1.5, 2 ** 53, -7, true, ['a'], 'x'.repeat(256), 'x'.repeat(257), 'Ünï'),
        fc.string({ minLength: 1 }),
      ),
      event_type: fc.constantFrom('login', 'logout', 'view', 'click', 'download', 'Login', 'fly', 3),
      device_type: fc.constantFrom('desktop', 'mobile', 'tablet', 0),
      session_duration_sec: number,
      events_in_session: number,
      hour_of_day: number,
      day_of_week: number,
      timestamp: fc.constantFrom('2026-03-01T23:30:00+02:00', '2026-03-01T23:30:00.123Z', 'yesterday', '2026', 5),
      other: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )

  it('takes what parseEvent takes, and nothing else', () => {
    let taken = 0
    // Half of them begin from an event that is well, so that both answers come often.
    const near = fc.tuple(
      fc.constantFrom(example, ordinary),
      record,
      fc.subarray(Object.keys(example), { maxLength: 5 }),
    )
    const mixed = near.map(([base, changes, kept]) => {
      const own = Object.entries(changes).filter(([name]) => !kept.includes(name) && name !== 'user_id')
      return { ...base, ...Object.fromEntries(own.slice(0, 2)) }
    })
    fc.assert(
      fc.property(fc.oneof(record, mixed), (given) => {
        const parsed = parseEvent(given).ok
        if (parsed) taken++
        expect([given, takes(given)]).toEqual([given, parsed])
      }),
      { seed: 11, numRuns: 4000 },
    )
    expect(taken).toBeGreaterThan(400)
  })

  it.each([null, 5, 'text', [], {}])('refuses what is none: %j', (given) => {
    expect([takes(given), parseEvent(given).ok]).toEqual([false, false])
  })
})
