import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { type HedgerowEnv, type HedgerowOptions, hedgerow } from '../../middleware/index.ts'

/** What a caller without types may pass. */
function built(options: unknown): () => unknown {
  return () => hedgerow(options as HedgerowOptions)
}

describe('hedgerow()', () => {
  it('works with no option at all', async () => {
    const app = new Hono<HedgerowEnv>()
    app.use(hedgerow())
    app.get('/', (c) => c.json(c.var.anomaly))
    const decision = (await (await app.request('/')).json()) as Record<string, unknown>
    expect(decision).toMatchObject({ state: 'not_scored', why: 'no_identity', mode: 'observe', outcome: 'allow' })
  })

  it('gives a middleware named hedgerow', () => {
    expect(hedgerow().name).toBe('hedgerow')
  })

  it('never writes into the options it is given', async () => {
    const options = Object.freeze({
      flagAt: 0.9,
      onFailure: Object.freeze({ store: 'block' }),
      skip: () => false,
    } as const)
    const app = new Hono().use(hedgerow(options)).get('/', (c) => c.text('hello'))
    expect((await app.request('/')).status).toBe(200)
  })

  it('settles its options once: what the caller changes later changes nothing', async () => {
    const options: { flagAt: number; blockAt?: number; mode: 'enforce'; identify: () => string } = {
      flagAt: 0.5,
      mode: 'enforce',
      identify: () => 'alice',
    }
    const app = new Hono().use(hedgerow(options)).get('/', (c) => c.text('hello'))
    options.flagAt = 0
    options.blockAt = 0
    expect((await app.request('/')).status).toBe(200)
  })

  it.each([
    [{ flagAt: 2 }, 'flagAt: got 2, wanted a number from 0 to 1'],
    [{ flagAt: '0.98' }, 'flagAt: got "0.98", wanted a number from 0 to 1'],
    [{ blockAt: 0.97 }, 'blockAt: got 0.97, wanted a number from 0.98 to 1'],
    [{ adaptive: true }, 'adaptive: got true, wanted an object'],
    [{ adaptive: { lowest: 0.9, highest: 0.95 } }, 'adaptive.highest: got 0.95, wanted a number from 0.98 to 1'],
    [{ holdShare: 1 }, 'holdShare: got 1, wanted true or false'],
    [{ mode: 'dry-run' }, 'mode: got "dry-run", wanted one of observe, enforce'],
    [{ identify: 'user' }, 'identify: got "user", wanted a function'],
    [{ skip: true }, 'skip: got true, wanted a function'],
    [{ respond: {} }, 'respond: got an object, wanted a function'],
    [{ budgetMs: 0 }, 'budgetMs: got 0, wanted an integer from 1 to 60000'],
    [{ store: new Map() }, 'store: got an object, wanted an object with a method open'],
    [{ model: 'model.bin' }, 'model: got "model.bin", wanted an object'],
    [{ model: {} }, 'model.forest: got undefined, wanted an object with a method score'],
    [{ onFailure: 'block' }, 'onFailure: got "block", wanted an object'],
    [{ onFailure: { store: 'deny' } }, 'onFailure.store: got "deny", wanted one of allow, block'],
    [
      { onFailure: { redis: 'block' } },
      'onFailure: got an option redis, wanted no_identity, bad_event, timeout, store, model',
    ],
    [{ explain: 'yes' }, 'explain: got "yes", wanted true or false'],
    [{ flagHeader: 'x flag' }, 'flagHeader: got "x flag", wanted the name of a header'],
    [{ logger: () => undefined }, 'logger: got a function, wanted an object with a method emit'],
    [{ meter: {} }, 'meter: got an object, wanted an object with a method createCounter'],
    [
      { trustedProxies: 0 },
      'trustedProxies: got 0, wanted a number of proxies from 1 to 16, or a list of addresses and CIDR blocks',
    ],
    [
      { trustedProxies: [] },
      'trustedProxies: got an empty list, wanted a number of proxies from 1 to 16, or a list of addresses and CIDR blocks',
    ],
    [
      { trustedProxies: ['10.0.0.0/8', '10.0.0/8'] },
      'trustedProxies[1]: got "10.0.0/8", wanted an IP address or a CIDR block',
    ],
    ['enforce', 'hedgerow: got "enforce", wanted an object'],
  ])('refuses %j', (options, message) => {
    expect(built(options)).toThrow(new TypeError(message))
  })

  it('refuses an option it does not know: a misspelt one must not pass for a default', () => {
    expect(built({ flagat: 0.9 })).toThrow(/^hedgerow: got an option flagat, wanted identify, classify, model,/)
  })

  it('refuses a weak key without quoting it', () => {
    expect(built({ hashUsers: { key: 'hunter2' } })).toThrow(
      new TypeError('hashUsers.key: got text of 7 characters, wanted text of at least 16 characters'),
    )
    expect(built({ hashUsers: {} })).toThrow(/^hashUsers.key: got a value of type undefined/)
  })
})
