import type { WireEvent } from './activity.ts'

/** What requests make of the event types. */
const REQUESTS: Readonly<Record<string, readonly [method: string, path: string]>> = {
  login: ['POST', '/login'],
  logout: ['POST', '/logout'],
  view: ['GET', '/articles/2026/spring'],
  click: ['POST', '/articles/2026/spring/likes'],
  download: ['GET', '/files/report.pdf'],
}

const AGENTS: Readonly<Record<string, string>> = {
  desktop: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
  mobile: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1',
}

export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly agent: string
  readonly user: string
  readonly timeMs: number
}

/** The request that an event came from. */
export function requestOf({ event_type, device_type, user_id, timestamp }: Omit<WireEvent, 'n'>): LoggedRequest {
  const [method, path] = REQUESTS[event_type] ?? ['GET', '/']
  return { method, path, agent: AGENTS[device_type] ?? '', user: user_id, timeMs: Date.parse(timestamp) }
}

/** As OpenTelemetry's instrumentations tell of it. */
export function attributesOf({ method, path, agent, user }: LoggedRequest): Record<string, string> {
  return { 'http.request.method': method, 'url.path': path, 'user_agent.original': agent, 'user.id': user }
}
