import { httpInstrumentationMiddleware } from '@hono/otel'
import { systemReason } from './cli/exit.ts'
import { readModel } from './cli/model-file.ts'
import type { EventProblem } from './event.ts'
import type { Model } from './model.ts'
import { createService } from './service/app.ts'
import { checkTogether, flagAtOf, settingsFrom } from './service/configuration.ts'
import { ConfigurationError, type Given } from './service/configuration-values.ts'
import { observeDrift } from './service/gauges.ts'
import { type NodeConfiguration, readNodeConfiguration } from './service/node/configuration.ts'
import { docsFile } from './service/node/docs-files.ts'
import { found } from './service/node/found.ts'
import { Listener } from './service/node/listener.ts'
import { http2ListenerOf, listening } from './service/node/listening.ts'
import { type Log, startLog } from './service/node/log.ts'
import { type OpenedStore, openStore } from './service/node/open-store.ts'
import { startTelemetry } from './service/node/telemetry.ts'
import { readTelemetrySettings } from './service/node/telemetry-settings.ts'

/** The service on Node: what `hedgerow serve` runs. */

export interface RunningServer {
  readonly host: string
  readonly port: number
  /** Answers what was accepted, accepts nothing more, saves. @returns whether all was answered and saved */
  readonly stop: () => Promise<boolean>
}

/**
 * Starts the service.
 *
 * @param given HEDGEROW_ settings; those of OpenTelemetry are read from the environment
 * @throws ConfigurationError with everything that is wrong with them
 */
export async function startServer(given: Given): Promise<RunningServer> {
  const problems: EventProblem[] = []
  const configuration = readNodeConfiguration(given, problems)
  const telemetrySettings = readTelemetrySettings(process.env, problems)
  const log = startLog(configuration.common.HEDGEROW_LOG_LEVEL ?? 'info')
  const model = await modelFrom(configuration, problems)
  const store = await openStore(configuration, model, problems, log)
  if (model === undefined || store === undefined || problems.length > 0) {
    await store?.close()
    throw new ConfigurationError(problems)
  }
  const telemetry = startTelemetry(process.env, telemetrySettings, log)
  const { app, predictor } = createService(
    settingsFrom(configuration.common, {
      model,
      store: store.store,
      platform: {
        docsFile,
        metrics: telemetry.metrics,
        log: log.request,
        notReady: () => (listener.draining ? 'it is about to end' : store.notReady()),
        around: httpInstrumentationMiddleware({ captureActiveRequests: true }),
      },
    }),
  )
  observeDrift(predictor)
  const fetch = (request: Request, env: object): Response | Promise<Response> => app.fetch(request, env)
  const listener = new Listener(fetch, configuration)
  const forProxy = http2ListenerOf(configuration, fetch)
  const { port, http2Port } = await listening(listener, forProxy, configuration, store.close)
  const saving = setInterval(() => void save(store, log.debug, log), configuration.saveMs)
  saving.unref()
  const where = { host: configuration.host, port, ...(http2Port === undefined ? {} : { http2_port: http2Port }) }
  log.info('listening', {
    ...where,
    model: model.name,
    version: model.version,
    store: store.kind,
    keys_asked_for: configuration.common.HEDGEROW_KEYS !== undefined,
    ...(store.restored === undefined ? {} : { baselines_restored: store.restored }),
  })
  return {
    host: configuration.host,
    port,
    async stop() {
      log.info('ending')
      const [all = false, allOfProxy = true] = await Promise.all([listener.drain(), forProxy?.drain()])
      const answered = all && allOfProxy
      if (!answered) log.error('ended with requests that took too long')
      clearInterval(saving)
      const saved = await save(store, log.info, log)
      await store.close()
      await telemetry.shutdown()
      log.info('ended')
      return answered && saved
    },
  }
}

async function modelFrom(configuration: NodeConfiguration, problems: EventProblem[]): Promise<Model | undefined> {
  try {
    const model = await readModel(configuration.modelPath)
    checkTogether(configuration.common, flagAtOf(configuration.common, model), problems)
    return model
  } catch (error) {
    problems.push({ field: 'HEDGEROW_MODEL', got: found(error), wanted: 'a model file' })
    return undefined
  }
}

async function save({ save: write }: OpenedStore, tell: Log['info'], log: Log): Promise<boolean> {
  try {
    const users = await write()
    if (users !== undefined) tell('baselines saved', { users })
    return true
  } catch (error) {
    log.error('baselines could not be saved', { reason: systemReason(error) })
    return false
  }
}
