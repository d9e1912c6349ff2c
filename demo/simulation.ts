import { sign } from 'hono/jwt'
import { defaultModel } from '../model/default.ts'
import { type LabelledEvent, simulate } from '../model/simulate/index.ts'
import { Detector } from '../src/detector.ts'
import type { DeviceType } from '../src/event.ts'
import { layoutOf } from '../src/model.ts'
import { MemoryBaselines } from '../src/store/memory.ts'
import { baselinesToBytes } from '../src/store/snapshot.ts'
import type { DemoRequest } from './client.ts'
import { TIME_HEADER } from './headers.ts'

/** Other people than those whom the bundled model was trained on. */
const SEED = 2026
/** Ends on a Friday. */
const DAYS = 19
const FIRST_DAY_MS = Date.UTC(2026, 5, 1)
const LAST_DAY_MS = FIRST_DAY_MS + (DAYS - 1) * 86_400_000
/** Far more intruders than an application has, so that a day shows enough of them. */
const INTRUDERS = 0.06

export interface SimulatedDay {
  readonly date: string
  /** Days before it that have been learnt, events in them, and what the users' baselines were in the end. */
  readonly daysLearnt: number
  readonly eventsLearnt: number
  readonly baselines: Uint8Array
  readonly requests: readonly DemoRequest[]
}

/** Simulates users, learns their history but for the last day, and makes requests of that. */
export async function simulateDay(users: number, jwtSecret: string): Promise<SimulatedDay> {
  const events = simulate({ users, days: DAYS, seed: SEED, anomalies: INTRUDERS, startMs: FIRST_DAY_MS })
  const lastDay = events.findIndex(({ event }) => event.timestampMs >= LAST_DAY_MS)
  const history = events.slice(0, lastDay)
  return {
    date: new Date(LAST_DAY_MS).toISOString().slice(0, 10),
    daysLearnt: DAYS - 1,
    eventsLearnt: history.length,
    baselines: learn(history),
    requests: await requestsOf(events.slice(lastDay), jwtSecret),
  }
}

/** Walks the way of each event: what a server that ran all those days would know by now. */
function learn(history: readonly LabelledEvent[]): Uint8Array {
  const model = defaultModel()
  const detector = new Detector(model)
  const layout = layoutOf(model)
  const baselines = new MemoryBaselines(layout.width, 1_000_000)
  for (const { event } of history) {
    // Sessions are derived from the time alone, as for a live request, which does not say how long one has gone on.
    const live = { ...event, sessionDurationSec: undefined, eventsInSession: undefined }
    const verdict = detector.judge(live, baselines.read(event.userId))
    baselines.update(event.userId, (own) => detector.learn(live, own, verdict))
  }
  return baselinesToBytes(layout, baselines.entries())
}

async function requestsOf(events: readonly LabelledEvent[], jwtSecret: string): Promise<DemoRequest[]> {
  const tokens = new Map<string, string>()
  const sessions = new Map<string, number>()
  const requests: DemoRequest[] = []
  for (const { event, kind } of events) {
    const { userId, eventType, deviceType, eventsInSession, timestampMs } = event
    const token = tokens.get(userId) ?? (await sign({ sub: userId }, jwtSecret, 'HS256'))
    tokens.set(userId, token)
    const session = (sessions.get(userId) ?? 0) + (eventsInSession === 1 ? 1 : 0)
    sessions.set(userId, session)
    requests.push({
      ...whatTheyDo(eventType, eventsInSession),
      headers: {
        authorization: `Bearer ${token}`,
        'user-agent': USER_AGENTS[deviceType],
        [TIME_HEADER]: String(timestampMs),
      },
      user: userId,
      timeMs: timestampMs,
      kind,
      session: `${userId} ${session}`,
      line: 0,
    })
  }
  return requests
}

const USER_AGENTS: Readonly<Record<DeviceType, string>> = {
  desktop: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  mobile: 'Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0',
}

/** A request to the example app that is, by method and path, an event of this type. */
function whatTheyDo(eventType: string, count: number): { readonly method: string; readonly target: string } {
  const report = `/reports/${(count % 3) + 1}`
  switch (eventType) {
    case 'login':
      return { method: 'POST', target: '/login' }
    case 'logout':
      return { method: 'POST', target: '/logout' }
    case 'click':
      return { method: 'POST', target: `${report}/comments` }
    case 'download':
      return { method: 'GET', target: `${report}/download` }
    default:
      return { method: 'GET', target: count % 4 === 2 ? '/reports' : report }
  }
}
