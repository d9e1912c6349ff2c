import { expectInteger, expectKnown, expectRecord } from '../../src/options.ts'
import { type Sink, SinkError } from './contract.ts'
import { toNdjson } from './lines.ts'
import { Postponed, withRetries } from './retry.ts'

export interface HttpSinkOptions {
  readonly url: string | URL
  /** As an `authorization` for whoever receives. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether bodies are compressed. Default true. */
  readonly gzip?: boolean
  /** Attempts for each batch, 1 to 10. Default 4. */
  readonly attempts?: number
  /** Milliseconds before the second attempt, doubled for each further one. Default 250. */
  readonly backoffMs?: number
  /** Milliseconds for one attempt. Default 15,000. */
  readonly timeoutMs?: number
  /** A fetch of one's own, as that of a service binding. */
  readonly fetch?: (request: Request) => Promise<Response>
}

const KNOWN = ['url', 'headers', 'gzip', 'attempts', 'backoffMs', 'timeoutMs', 'fetch']

/** Statuses that say: the same request may succeed later. */
const RETRIED = new Set([408, 425, 429])

/**
 * Posts each batch as NDJSON, with an `idempotency-key` that is the same for the same records.
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function httpSink(options: HttpSinkOptions): Sink {
  expectRecord('httpSink', options)
  expectKnown('httpSink', options, KNOWN)
  const { gzip = true, fetch: send = (request: Request) => fetch(request) } = options
  const url = urlOf(options.url)
  const attempts = expectInteger('attempts', options.attempts ?? 4, 1, 10)
  const backoffMs = expectInteger('backoffMs', options.backoffMs ?? 250, 0, 60_000)
  const timeoutMs = expectInteger('timeoutMs', options.timeoutMs ?? 15_000, 1, 300_000)
  const headers = new Headers(options.headers)
  headers.set('content-type', 'application/x-ndjson')
  if (gzip) headers.set('content-encoding', 'gzip')

  async function post(id: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const withId = new Headers(headers)
    withId.set('idempotency-key', id)
    const signal = AbortSignal.timeout(timeoutMs)
    const request = new Request(url, { method: 'POST', headers: withId, body, signal, redirect: 'manual' })
    const response = await send(request)
    // Left unread, it would hold its connection. A body that breaks off takes nothing back of what the status says.
    await response.body?.cancel().catch(() => undefined)
    const { status } = response
    if (status >= 200 && status < 300) return
    const message = `the HTTP sink answered ${status}`
    const waitMs = retryAfter(response)
    if (waitMs !== undefined && (status >= 500 || RETRIED.has(status))) throw new Postponed(message, waitMs)
    throw new SinkError(message, { retryable: status >= 500 || RETRIED.has(status) })
  }

  return {
    open: () => ({
      async write({ id, records }) {
        if (records.length === 0) return
        const lines = toNdjson(records)
        const body = gzip ? await compressed(lines) : lines
        await withRetries('the HTTP sink', { attempts, backoffMs }, () => post(id, body))
      },
      close: () => Promise.resolve(),
      abort: () => Promise.resolve(),
    }),
  }
}

async function compressed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** Milliseconds; dates are left alone, since clocks differ. */
function retryAfter(response: Response): number | undefined {
  const given = response.headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(given) ? Number(given) * 1000 : undefined
}

function urlOf(given: string | URL): URL {
  const url = URL.parse(String(given))
  if (url !== null && /^https?:$/.test(url.protocol)) return url
  throw new TypeError('url: wanted one of http or https')
}
