import type { Context } from 'hono'
import { testApp } from '../middleware/app.ts'
import type { WireEvent } from './activity.ts'
import { requestOf } from './requests.ts'

/** The scores that the middleware gives the requests which events came from. */
export async function throughMiddleware(events: readonly WireEvent[]): Promise<(number | null)[]> {
  const identify = (c: Context): string | undefined => c.req.header('x-user')
  const test = testApp({ identify })
  for (const { method, path, agent, user, timeMs } of events.map(requestOf)) {
    test.nowMs = timeMs
    await test.ask(user, path, { method, headers: { 'user-agent': agent } })
  }
  return test.seen.map(({ score }) => score)
}
