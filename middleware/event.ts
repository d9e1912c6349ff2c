import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { RouterRoute } from 'hono/types'
import { type BehaviorEvent, type DeviceType, dayOfWeek, hourOfDay } from '../src/event.ts'
import { classifyRequest, deviceOf } from '../src/request.ts'

/** Milliseconds since 1970. */
export type Clock = (c: Context) => number

/** The request as an event, as known before the response. */
export function eventOf(
  c: Context,
  userId: string,
  classify: ((c: Context) => string | undefined) | undefined,
  clock: Clock,
): BehaviorEvent {
  const { method, path } = c.req
  const timestampMs = clock(c)
  return {
    userId,
    eventType: classify?.(c) ?? classifyRequest(method, path),
    deviceType: requestDevice(c),
    hourOfDay: hourOfDay(timestampMs),
    dayOfWeek: dayOfWeek(timestampMs),
    sessionDurationSec: undefined,
    eventsInSession: undefined,
    timestampMs,
    request: { method, route: endpointAmong(matchedRoutes(c)) ?? path, status: undefined, bytes: undefined },
  }
}

/**
 * The event with what came of it. Its bytes stay unknown: to look at a response's headers makes @hono/node-server write
 * them differently, and who observes must leave no trace.
 */
export function withOutcome(event: BehaviorEvent, c: Context): BehaviorEvent {
  if (event.request === undefined || !c.finalized) return event
  return { ...event, request: { ...event.request, status: c.res.status } }
}

/**
 * The pattern of the route that the request will end at, for telemetry: never the path itself, which is the client's to
 * choose. Where nothing but middleware matches, the pattern of that.
 */
export function routeOf(c: Context): string {
  const routes = matchedRoutes(c)
  return endpointAmong(routes) ?? routes.at(-1)?.path ?? ''
}

/** Handlers are registered for a method, middleware for all of them. */
function endpointAmong(routes: readonly RouterRoute[]): string | undefined {
  for (let i = routes.length - 1; i >= 0; i--) {
    const route = routes[i]
    if (route !== undefined && route.method !== 'ALL') return route.path
  }
  return undefined
}

/** The client hint where there is one, since user agents are being frozen. */
function requestDevice(c: Context): DeviceType {
  return c.req.header('sec-ch-ua-mobile') === '?1' ? 'mobile' : deviceOf(c.req.header('user-agent'))
}
