import type { Context } from 'hono'
import { type EventProblem, formatProblems } from '../event.ts'
import type { Problem } from './schemas.ts'

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}

/** A request, or a row of a batch, that cannot be served; thrown, it becomes the response. Holds nothing that says who asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly problems: readonly EventProblem[]
  readonly headers: Readonly<Record<string, string>>
  /** Events learnt before it: whoever sends again leaves them out. */
  learnt: number | undefined

  constructor(
    status: number,
    problems: EventProblem | readonly EventProblem[],
    options: { readonly headers?: Readonly<Record<string, string>>; readonly cause?: unknown } = {},
  ) {
    const list = 'field' in problems ? [problems] : problems
    super(formatProblems(list), 'cause' in options ? { cause: options.cause } : undefined)
    this.status = status
    this.problems = list
    this.headers = options.headers ?? {}
  }

  /** @param row which row of a batch it is, where it is one */
  toProblem(row?: number): Problem {
    const { status, message: detail } = this
    const problems = this.problems.map(({ field, got, wanted }) => ({ field, got, wanted }))
    const problem: Problem = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, problems }
    const { learnt } = this
    return { ...problem, ...(row === undefined ? {} : { row }), ...(learnt === undefined ? {} : { learnt }) }
  }

  toResponse(): Response {
    return new Response(JSON.stringify(this.toProblem()), {
      status: this.status,
      headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...this.headers },
    })
  }
}

/** Of an id that can be no key of a store. */
export function badKey(): Refusal {
  return new Refusal(422, { field: 'user_id', got: 'an id that cannot be a key', wanted: 'a shorter one' })
}

/** Of whatever nobody thought of. */
export function failure(): Refusal {
  return new Refusal(500, { field: 'service', got: 'a failure', wanted: 'an answer' })
}

/** Text that is no JSON, as what was got: the engine's own message quotes it, which may name somebody. */
export function notJson(text: string): string {
  return text.trim() === '' ? 'nothing' : `text of ${text.length} characters that is not valid JSON`
}

/** Answers a request with a refusal, and has the log say why. */
export function refuse(c: Context, refusal: Refusal): Response {
  c.set('refused', formatProblems(refusal.problems.map(unquoted)))
  return refusal.toResponse()
}

/**
 * A problem for the log. Whoever asks is told what he sent himself; the log is read by others, and where somebody has mixed
 * up his columns, what stands in one of them names a user.
 */
function unquoted({ field, got, wanted }: EventProblem): EventProblem {
  if (got.startsWith('"')) return { field, got: 'another text', wanted }
  return { field, got: Number.isNaN(Number(got)) ? got : 'another number', wanted }
}

/** A value that somebody sent, short and harmless enough for a message. Not for what may name somebody. */
export function shown(value: string | undefined): string {
  if (value === undefined || value === '') return 'nothing'
  return value.length <= 40 ? JSON.stringify(value) : `text of ${value.length} characters`
}
