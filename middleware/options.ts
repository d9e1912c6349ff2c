import type { Meter } from '@opentelemetry/api'
import type { Context } from 'hono'
import { defaultModel } from '../model/default.ts'
import { type Decision, type Mode, NOT_SCORED, type NotScored, type Policy } from '../src/decision.ts'
import type { Model } from '../src/model.ts'
import {
  expectBoolean,
  expectChoice,
  expectFunction,
  expectInteger,
  expectKnown,
  expectMethod,
  expectNumber,
  expectRecord,
} from '../src/options.ts'
import type { BaselineStore } from '../src/store/contract.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { type EventLogger, Telemetry } from '../src/telemetry/index.ts'
import { type AdaptiveBounds, flagAtOf, type ThresholdOptions } from '../src/thresholds.ts'
import { type TrustedProxies, trustedProxiesFrom } from './trusted-proxies.ts'

/** What names a user: undefined, null and '' mean that this request has none that the application knows. */
export type UserId = string | number | bigint | null | undefined

export interface HedgerowOptions {
  /**
   * Who makes the request. Where it names nobody, a verified identity that other middleware has put in the context is
   * taken, then the client address that the platform vouches for. Ids longer than 256 characters are not scored.
   */
  readonly identify?: ((c: Context) => UserId | Promise<UserId>) | undefined
  /** The event type of a request, one that the model knows; undefined: by method and path. */
  readonly classify?: ((c: Context) => string | undefined) | undefined
  /** What scores. Default: the bundled model. */
  readonly model?: Model | undefined
  /** Where baselines live. Default: in the memory of this process, at most 50,000 users. */
  readonly store?: BaselineStore | undefined
  /** `observe` (default) changes no request and no response; `enforce` flags and blocks. */
  readonly mode?: Mode | undefined
  /** Percentile from which on a request is an anomaly, 0 to 1. Default: what the model was trained for; bundled 0.98. */
  readonly flagAt?: number | undefined
  /** Lets the threshold follow each user's own past, between two percentiles. Default: one threshold for all. */
  readonly adaptive?: AdaptiveBounds | undefined
  /** Keeps the share of flagged requests at 1 - `flagAt` while behaviour drifts. Default false. */
  readonly holdShare?: boolean | undefined
  /** Percentile from which on a request is blocked, `flagAt` to 1. Default: never. */
  readonly blockAt?: number | undefined
  /** Requests to leave alone: neither scored nor learnt nor told of. */
  readonly skip?: ((c: Context) => boolean) | undefined
  /** Hears of each decision before the handler runs. What it throws is ignored, what it returns is not waited for. */
  readonly onDecision?: ((decision: Decision, c: Context) => unknown) | undefined
  /** The response to a blocked request. Default: 403 with a problem+json that says nothing but the decision's id. */
  readonly respond?: ((c: Context, decision: Decision) => Response | Promise<Response>) | undefined
  /** What enforcing does with requests that could not be scored, by what went wrong. Default: `allow` all. */
  readonly onFailure?: Readonly<Partial<Record<NotScored, 'allow' | 'block'>>> | undefined
  /** Milliseconds that a request waits for an asynchronous store. Default 25. */
  readonly budgetMs?: number | undefined
  /**
   * The proxies whose `X-Forwarded-For` is believed: how many there are, or their addresses and CIDR blocks. A number is
   * safe only where nobody can reach the app around them. Default: none, the header is ignored.
   */
  readonly trustedProxies?: number | readonly string[] | undefined
  /**
   * A request header that marks a flagged request for handlers and upstream servers, its value the decision's id; set in
   * `enforce` only. What clients send under this name is removed from every request.
   */
  readonly flagHeader?: string | undefined
  /** Whether every scored request gets reasons, not only anomalies. They cost far more than the score. Default false. */
  readonly explain?: boolean | undefined
  /** Takes the log events; needed where the logger is not that of the application's `@opentelemetry/api` >= 1.10. */
  readonly logger?: EventLogger | undefined
  /** Takes the metrics. Default: the global meter. */
  readonly meter?: Meter | undefined
  /** Puts a keyed hash of the user, `user.hash`, on spans and log events. At least 16 characters of secret. */
  readonly hashUsers?: { readonly key: string } | undefined
}

/** The options, checked, with every default in place. */
export interface Settings {
  readonly identify: HedgerowOptions['identify']
  readonly classify: HedgerowOptions['classify']
  readonly model: Model
  readonly store: BaselineStore
  readonly policy: Policy
  readonly thresholds: ThresholdOptions
  readonly skip: HedgerowOptions['skip']
  readonly onDecision: HedgerowOptions['onDecision']
  readonly respond: HedgerowOptions['respond']
  readonly budgetMs: number
  readonly trustedProxies: TrustedProxies | undefined
  readonly flagHeader: string | undefined
  readonly explain: boolean
  readonly telemetry: Telemetry
}

const KNOWN: readonly (keyof HedgerowOptions)[] = [
  'identify',
  'classify',
  'model',
  'store',
  'mode',
  'flagAt',
  'adaptive',
  'holdShare',
  'blockAt',
  'skip',
  'onDecision',
  'respond',
  'onFailure',
  'budgetMs',
  'trustedProxies',
  'flagHeader',
  'explain',
  'logger',
  'meter',
  'hashUsers',
]

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/
const LEAST_KEY_LENGTH = 16

/** @throws TypeError naming the option, what it got and what it wanted */
export function settle(options: HedgerowOptions): Settings {
  expectRecord('hedgerow', options)
  expectKnown('hedgerow', options, KNOWN)
  const { model = defaultModel(), store = new MemoryStore(), flagHeader, logger, meter } = options
  expectRecord('model', model)
  expectMethod('model.forest', model.forest, 'score')
  expectRecord('model.training', model.training)
  const flagAt = expectNumber('flagAt', options.flagAt ?? flagAtOf(model), 0, 1)
  expectMethod('store', store, 'open')
  if (logger !== undefined) expectMethod('logger', logger, 'emit')
  if (meter !== undefined) expectMethod('meter', meter, 'createCounter')
  if (flagHeader !== undefined && (typeof flagHeader !== 'string' || !HEADER_NAME.test(flagHeader))) {
    throw new TypeError(`flagHeader: got ${JSON.stringify(flagHeader)}, wanted the name of a header`)
  }
  return {
    identify: expectFunction('identify', options.identify),
    classify: expectFunction('classify', options.classify),
    model,
    store,
    policy: {
      mode: expectChoice('mode', options.mode ?? 'observe', ['observe', 'enforce']),
      blockAt: options.blockAt === undefined ? undefined : expectNumber('blockAt', options.blockAt, flagAt, 1),
      onFailure: settleFailures(options.onFailure ?? {}),
    },
    // The detector, made with the middleware, checks the rest of them.
    thresholds: { flagAt, adaptive: options.adaptive, holdShare: options.holdShare },
    skip: expectFunction('skip', options.skip),
    onDecision: expectFunction('onDecision', options.onDecision),
    respond: expectFunction('respond', options.respond),
    budgetMs: expectInteger('budgetMs', options.budgetMs ?? 25, 1, 60_000),
    trustedProxies: trustedProxiesFrom(options.trustedProxies),
    flagHeader,
    explain: expectBoolean('explain', options.explain ?? false),
    telemetry: new Telemetry({ logger, meter, hashKey: settleHashKey(options.hashUsers) }),
  }
}

function settleFailures(given: HedgerowOptions['onFailure'] & object): Policy['onFailure'] {
  expectRecord('onFailure', given)
  expectKnown('onFailure', given, NOT_SCORED)
  const choice = (why: NotScored) => expectChoice(`onFailure.${why}`, given[why] ?? 'allow', ['allow', 'block'])
  return {
    no_identity: choice('no_identity'),
    bad_event: choice('bad_event'),
    timeout: choice('timeout'),
    store: choice('store'),
    model: choice('model'),
  }
}

/** Its messages never quote the key. */
function settleHashKey(given: HedgerowOptions['hashUsers']): string | undefined {
  if (given === undefined) return undefined
  expectRecord('hashUsers', given)
  expectKnown('hashUsers', given, ['key'])
  const { key } = given
  if (typeof key === 'string' && key.length >= LEAST_KEY_LENGTH) return key
  const got = typeof key === 'string' ? `text of ${key.length} characters` : `a value of type ${typeof key}`
  throw new TypeError(`hashUsers.key: got ${got}, wanted text of at least ${LEAST_KEY_LENGTH} characters`)
}
