import { defaultModel } from '../model/default.ts'
import type { EventProblem } from './event.ts'
import { createService, type Service } from './service/app.ts'
import {
  COMMON,
  COMMON_SECRETS,
  checkTogether,
  flagAtOf,
  MAX_USERS,
  NODE_ALONE,
  settingsFrom,
  type WORKERS_ALONE,
} from './service/configuration.ts'
import {
  ConfigurationError,
  type Given,
  integerOf,
  readBy,
  readValues,
  type TextSchema,
} from './service/configuration-values.ts'
import { Refusal } from './service/problem.ts'
import type { DocsFile, LogEntry } from './service/settings.ts'
import type { BaselineStore } from './store/contract.ts'
import { type BaselineShard, DurableObjectStore } from './store/durable-object.ts'
import { MemoryStore } from './store/memory.ts'
import { nativeSpan } from './telemetry/index.ts'

/** The service on Workers. deploy/wrangler.service.toml deploys it, docs/deploy.md says how. */

export { BaselineShard } from './store/durable-object.ts'

interface Env {
  /** The files of the documentation page. */
  readonly ASSETS: Fetcher
  readonly BASELINES?: DurableObjectNamespace<BaselineShard>
}

const WORKERS = {
  HEDGEROW_STORE: readBy(storeFrom, 'memory, or durable-object'),
  HEDGEROW_SHARDS: integerOf(1, 4096),
} as const satisfies Readonly<Record<(typeof WORKERS_ALONE)[number] | 'HEDGEROW_STORE', TextSchema<unknown>>>

const model = defaultModel()

/** Made by the first request, since before it there is no configuration; or why it cannot be made. */
let service: Service | ConfigurationError | undefined

export default {
  async fetch(request, env, ctx): Promise<Response> {
    service ??= openOrTell(env)
    if (service instanceof ConfigurationError) return NOT_CONFIGURED.toResponse()
    return service.app.fetch(request, env, ctx)
  },
} satisfies ExportedHandler<Env>

/** Anybody may ask: what the settings are is for the log alone. */
const NOT_CONFIGURED = new Refusal(503, {
  field: 'service',
  got: 'a configuration that will not do',
  wanted: 'another: the log says what is wrong with it',
})

function openOrTell(env: Env): Service | ConfigurationError {
  const opened = open(env)
  if (opened instanceof ConfigurationError) {
    const { problems } = opened
    console.error(JSON.stringify({ level: 'error', msg: 'the configuration will not do', problems }))
  }
  return opened
}

function open(env: Env): Service | ConfigurationError {
  const problems: EventProblem[] = []
  const given: Given = { ...env }
  const values = readValues({ ...COMMON, ...WORKERS }, given, [...COMMON_SECRETS, 'HEDGEROW_STORE'], problems, {
    runtime: 'Node',
    names: NODE_ALONE,
  })
  checkTogether(values, flagAtOf(values, model), problems)
  if (values.HEDGEROW_KEYS === undefined && values.HEDGEROW_INSECURE !== true) {
    problems.push({
      field: 'HEDGEROW_KEYS',
      got: 'nothing',
      wanted: 'a secret with keys, or HEDGEROW_INSECURE = "true"',
    })
  }
  if (values.HEDGEROW_STORE?.isDurable === true && env.BASELINES === undefined) {
    problems.push({ field: 'BASELINES', got: 'no binding', wanted: 'the Durable Objects that HEDGEROW_STORE names' })
  }
  if (problems.length > 0) return new ConfigurationError(problems)
  const store: BaselineStore =
    values.HEDGEROW_STORE?.isDurable === true && env.BASELINES !== undefined
      ? new DurableObjectStore(env.BASELINES, { shards: values.HEDGEROW_SHARDS ?? 16 })
      : new MemoryStore({ maxUsers: values.HEDGEROW_MAX_USERS ?? MAX_USERS })
  return createService(
    settingsFrom(values, {
      model,
      store,
      platform: {
        docsFile: (name, c) => docsFile(c.env, name),
        log: logger(values.HEDGEROW_LOG_LEVEL ?? 'info'),
        nativeSpan: (c) => nativeSpan(c.executionCtx),
      },
    }),
  )
}

function storeFrom(text: string): { readonly isDurable: boolean } | string | undefined {
  if (text === 'memory' || text === 'durable-object') return { isDurable: text === 'durable-object' }
  return /^rediss?:/.test(text) ? 'a Redis, which is for Node only' : undefined
}

/** Workers keep what is written to the console. */
function logger(least: LogEntry['level'] | 'silent'): (entry: LogEntry) => void {
  const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const
  return (entry) => {
    if (levels.indexOf(entry.level) >= levels.indexOf(least)) console.log(JSON.stringify(entry))
  }
}

async function docsFile(env: Env, name: DocsFile): Promise<Response> {
  const file = await env.ASSETS.fetch(`https://assets.local/docs/${name}`)
  // As a response of our own, whose headers can be added to.
  return new Response(file.body, file)
}
