import type { Decision } from '../src/decision.ts'

/** What a replayed request and its response carry beyond those of a real client. Only the demo's own Worker reads them. */

/** When the request was made, in milliseconds since 1970. */
export const TIME_HEADER = 'x-demo-time'
/** The user whom an access log names, percent-encoded. */
export const USER_HEADER = 'x-demo-user'
/** The status which an access log has for the request. */
export const STATUS_HEADER = 'x-demo-status'
/** The decision on the request, percent-encoded JSON. */
export const DECISION_HEADER = 'x-demo-decision'
/** Asks for the spans that have not been sent. */
export const FLUSH_HEADER = 'x-demo-flush'

/** More reasons than this are not shown. */
const REASONS = 3

/** As much of a decision as the demo shows. */
export type DemoDecision = Pick<Decision, 'id' | 'why' | 'score' | 'percentile' | 'isAnomaly' | 'reasons'>

export function encodeDecision({ id, why, score, percentile, isAnomaly, reasons }: Decision): string {
  const shown: DemoDecision = { id, why, score, percentile, isAnomaly, reasons: reasons.slice(0, REASONS) }
  return encodeURIComponent(JSON.stringify(shown))
}

export function decodeDecision(header: string): DemoDecision {
  return JSON.parse(decodeURIComponent(header)) as DemoDecision
}
