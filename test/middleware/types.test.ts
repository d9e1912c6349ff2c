import { Hono } from 'hono'
import { describe, expectTypeOf, it } from 'vitest'
import { type Decision, type HedgerowEnv, type HedgerowOptions, hedgerow } from '../../middleware/index.ts'

describe('the types', () => {
  it('know c.var.anomaly in an app that says so', () => {
    new Hono<HedgerowEnv>().get('/', (c) => {
      expectTypeOf(c.var.anomaly).toEqualTypeOf<Decision>()
      expectTypeOf(c.get('anomaly')).toEqualTypeOf<Decision>()
      return c.text(c.var.anomaly.outcome)
    })
  })

  it('know it behind the middleware, in an app that has variables and bindings of its own', () => {
    interface Env {
      Bindings: { SECRET: string }
      Variables: { jwtPayload: { sub: string } }
    }
    const app = new Hono<Env>()
    app.use(hedgerow())
    app.get('/', hedgerow(), (c) => {
      expectTypeOf(c.var.anomaly).toEqualTypeOf<Decision>()
      expectTypeOf(c.var.jwtPayload.sub).toEqualTypeOf<string>()
      expectTypeOf(c.env.SECRET).toEqualTypeOf<string>()
      return c.text('hello')
    })
  })

  it('promise nothing in an app that does not', () => {
    new Hono().use(hedgerow()).get('/', (c) => {
      expectTypeOf(c.var).not.toHaveProperty('nothing')
      return c.text('hello')
    })
  })

  it('take options that may be undefined, and refuse a skip that gives a promise', () => {
    const blockAt: number | undefined = Number('0.99') || undefined
    expectTypeOf({ blockAt }).toExtend<HedgerowOptions>()
    expectTypeOf({ skip: async () => true }).not.toExtend<HedgerowOptions>()
    expectTypeOf({ mode: 'dry-run' as const }).not.toExtend<HedgerowOptions>()
  })
})
