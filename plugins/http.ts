import { expectFunction, expectInteger } from '../src/options.ts'
import { bytesOf, expectEncoding } from './http/body.ts'
import { batchesOf } from './http/framing.ts'
import { Refused } from './http/refused.ts'
import { authorise } from './http/secret.ts'
import { digestOf } from './shared/digest.ts'
import { emptyTally, type Lane, Lanes, type Tally } from './shared/lanes.ts'
import { parseRaw, type Raw } from './shared/raw.ts'
import type { ScoringOptions } from './shared/settings.ts'
import { type Delivery, SinkError } from './sinks/contract.ts'
import { expectSink, type SinkOf, sinkFor } from './sinks/sink-of.ts'

export interface ReceiverOptions<Env = unknown> extends ScoringOptions {
  /** Where the records go; on Workers a function of the bindings. */
  readonly sink: SinkOf<Env>
  /**
   * What the header of every request must hold, as it stands there (`Bearer …`); several while one is being changed for
   * another; null: everybody may send.
   */
  readonly secret: Secret | ((env: Env) => Secret | undefined)
  /** The header that holds the secret. Default `authorization`. */
  readonly header?: string
  /** Most bytes of a body, decompressed. Default 4 GiB. */
  readonly maxBytes?: number
  /** Most bytes of a record. Default 16 MiB. */
  readonly maxRecordBytes?: number
  /** Most records that are scored and handed to the sink at a time. Default 500. */
  readonly batchRecords?: number
  /** Hears why a delivery was not taken, which the sender is told in a word: a sink that is away, a binding that is not there. */
  readonly onError?: (error: unknown) => void
}

export type Secret = string | readonly string[] | null

const OWN = ['sink', 'secret', 'header', 'maxBytes', 'maxRecordBytes', 'batchRecords', 'onError']

/** UTF-16 units of a batch's records. */
const BATCH_LENGTH = 2 ** 20

/** So many events are held back at most until the delivery is done, some 10 MB: of a larger body, the first are learnt before. */
const MOST_HELD_BACK = 10_000

const RETRY_AFTER_SECONDS = '5'

/** What `Bearer ${…}` makes of a variable that is not set. */
const UNSET = /^(\w+ )?(undefined|null)?$/

/**
 * Takes log records that Cloudflare Logpush, Vector, Fluent Bit or anything else posts, as NDJSON or a JSON list, gzipped
 * or not, and hands them to a sink with their `anomaly`, in order; records that tell of nothing that somebody did pass as
 * they are. The body is read as fast as the sink takes it.
 *
 * It answers 200 once the sink has taken all of it, and else so that the sender sends again what may be taken later: at
 * least once, then. A sink that takes a delivery as a whole, as `r2Sink`, sees no record twice.
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function httpReceiver<Env = unknown>(
  options: ReceiverOptions<Env>,
): (request: Request, env: Env) => Promise<Response> {
  const lanes = new Lanes('httpReceiver', options, OWN)
  const { sink, secret, header = 'authorization' } = options
  const maxBytes = expectInteger('maxBytes', options.maxBytes ?? 4 * 2 ** 30, 1, Number.MAX_SAFE_INTEGER)
  const maxRecordBytes = expectInteger('maxRecordBytes', options.maxRecordBytes ?? 2 ** 24, 16, 2 ** 28)
  const records = expectInteger('batchRecords', options.batchRecords ?? 500, 1, 10_000)
  expectSink('sink', sink)
  expectFunction('onError', options.onError)
  if (typeof secret !== 'function') settleSecret(secret)
  const bounds = { records, length: BATCH_LENGTH, maxRecordBytes }

  async function receive(request: Request, env: Env, tally: Tally): Promise<void> {
    if (request.method !== 'POST') throw new Refused('wanted POST', { status: 405, headers: { allow: 'POST' } })
    await authorise(request, header, settleSecret(typeof secret === 'function' ? secret(env) : secret))
    expectEncoding(request)
    const delivery = sinkFor(sink, env).open(request)
    const lane = lanes.take()
    try {
      await deliver(batchesOf(bytesOf(request, maxBytes), bounds), lane, delivery, tally)
      await delivery.close()
      await lane.commit()
    } catch (error) {
      await delivery.abort()
      throw error
    } finally {
      lanes.give(lane)
    }
  }

  return async (request, env) => {
    const tally = emptyTally()
    try {
      await receive(request, env, tally)
      return Response.json(tally)
    } catch (error) {
      if (!(error instanceof Refused)) options.onError?.(error)
      return refusal(error)
    }
  }
}

async function deliver(batches: AsyncIterable<Raw[]>, lane: Lane, delivery: Delivery, tally: Tally): Promise<void> {
  let id = ''
  for await (const raws of withoutTest(batches)) {
    id = await idOf(id, raws)
    const records = await lane.score(raws, tally)
    await delivery.write({ id, records })
    if (lane.heldBack > MOST_HELD_BACK) await lane.commit()
  }
}

/** All but what Logpush sends first, to see whether anybody is there: nothing that is to be kept. */
async function* withoutTest(batches: AsyncIterable<Raw[]>): AsyncGenerator<Raw[]> {
  let held: Raw[] | undefined
  let isFirst = true
  for await (const raws of batches) {
    if (isFirst && isTest(raws)) held = raws
    else {
      // With more behind it, it was a record like any other.
      if (held !== undefined) yield held
      held = undefined
      yield raws
    }
    isFirst = false
  }
}

function isTest(raws: readonly Raw[]): boolean {
  const [raw] = raws
  if (raws.length !== 1 || raw === undefined || raw.text.length > 100) return false
  const value = parseRaw(raw)
  return JSON.stringify(value) === '{"content":"tests"}'
}

/** Of the records so far: the same body, sent again, gives the same ids. */
function idOf(before: string, raws: readonly Raw[]): Promise<string> {
  return digestOf(`${before}\n${raws.map((raw) => raw.text).join('\n')}`)
}

/** @returns undefined: everybody may send */
function settleSecret(secret: Secret | undefined): readonly string[] | undefined {
  if (secret === null) return undefined
  const secrets = typeof secret === 'string' ? [secret] : secret
  // A binding or a variable that is not there must not open the door.
  if (
    Array.isArray(secrets) &&
    secrets.length > 0 &&
    secrets.every((one) => typeof one === 'string' && !UNSET.test(one))
  )
    return secrets
  throw new TypeError(
    'secret: got nothing, or the text of a variable that is not set, wanted what the header must hold, or null where everybody may send',
  )
}

function refusal(error: unknown): Response {
  if (error instanceof Refused) return problem(error.status, error.message, error.headers)
  if (error instanceof SinkError && !error.retryable) return problem(422, error.message, {})
  // A sink that is away, or anything that nobody thought of: what was sent is not lost as long as it is sent again.
  const detail = error instanceof SinkError ? error.message : 'the records could not be taken'
  return problem(503, detail, { 'retry-after': RETRY_AFTER_SECONDS })
}

function problem(status: number, detail: string, headers: Readonly<Record<string, string>>): Response {
  const body = JSON.stringify({ status, detail })
  return new Response(body, { status, headers: { ...headers, 'content-type': 'application/problem+json' } })
}
