import { defaultModel } from '../model/default.ts'
import type { EventProblem } from './event.ts'
import { createService, type Service } from './service/app.ts'
import { COMMON, COMMON_SECRETS, checkTogether, flagAtOf, MAX_USERS, settingsFrom } from './service/configuration.ts'
import { ConfigurationError, choiceOf, type Given, integerOf, readValues } from './service/configuration-values.ts'
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
  HEDGEROW_STORE: choiceOf(['memory', 'durable-object']),
  HEDGEROW_SHARDS: integerOf(1, 4096),
} as const

const model = defaultModel()

/** Made by the first request, since before it there is no configuration; or why it cannot be made. */
let service: Service | ConfigurationError | undefined

export default {
  async fetch(request, env, ctx): Promise<Response> {
    service ??= open(env)
    if (service instanceof ConfigurationError) return new Refusal(503, service.problems).toResponse()
    return service.app.fetch(request, env, ctx)
  },
} satisfies ExportedHandler<Env>

function open(env: Env): Service | ConfigurationError {
  const problems: EventProblem[] = []
  const given: Given = { ...env }
  const values = readValues({ ...COMMON, ...WORKERS }, given, COMMON_SECRETS, problems)
  checkTogether(values, flagAtOf(values, model), problems)
  if (values.HEDGEROW_KEYS === undefined && values.HEDGEROW_INSECURE !== true) {
    problems.push({
      field: 'HEDGEROW_KEYS',
      got: 'nothing',
      wanted: 'a secret with keys, or HEDGEROW_INSECURE = "true"',
    })
  }
  if (values.HEDGEROW_STORE === 'durable-object' && env.BASELINES === undefined) {
    problems.push({ field: 'BASELINES', got: 'no binding', wanted: 'the Durable Objects that HEDGEROW_STORE names' })
  }
  if (problems.length > 0) return new ConfigurationError(problems)
  const store: BaselineStore =
    values.HEDGEROW_STORE === 'durable-object' && env.BASELINES !== undefined
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

/** Workers keep what is written to the console. */
function logger(least: LogEntry['level'] | 'silent'): (entry: LogEntry) => void {
  const levels = ['info', 'warn', 'error', 'silent'] as const
  return (entry) => {
    if (levels.indexOf(entry.level) >= levels.indexOf(least)) console.log(JSON.stringify(entry))
  }
}

async function docsFile(env: Env, name: DocsFile): Promise<Response> {
  const file = await env.ASSETS.fetch(`https://assets.local/docs/${name}`)
  // As a response of our own, whose headers can be added to.
  return new Response(file.body, file)
}
