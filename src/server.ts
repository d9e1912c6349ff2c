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
import { Http2Listener } from './service/node/http2-listener.ts'
import { Listener } from './service/node/listener.ts'
import { type Log, startLog } from './service/node/log.ts'
import { type OpenedStore, openStore } from './service/node/open-store.ts'
import { startTelemetry } from './service/node/telemetry.ts'

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
  const model = await modelFrom(configuration, problems)
  const store = await openStore(configuration, model, problems)
  if (model === undefined || store === undefined || problems.length > 0) {
    await store?.close()
    throw new ConfigurationError(problems)
  }
  const telemetry = startTelemetry(process.env)
  const log = startLog(configuration.common.HEDGEROW_LOG_LEVEL ?? 'info')
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
  const { port, http2Port } = await listening(listener, forProxy, configuration, store)
  const saving = setInterval(() => void save(store, log), configuration.saveMs)
  saving.unref()
  const where = { host: configuration.host, port, ...(http2Port === undefined ? {} : { http2_port: http2Port }) }
  log.info('listening', { ...where, model: model.name, version: model.version })
  return {
    host: configuration.host,
    port,
    async stop() {
      log.info('ending')
      const [all = false, allOfProxy = true] = await Promise.all([listener.drain(), forProxy?.drain()])
      const answered = all && allOfProxy
      if (!answered) log.error('ended with requests that took too long')
      clearInterval(saving)
      const saved = await save(store, log)
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
    problems.push({ field: 'HEDGEROW_MODEL', got: systemReason(error), wanted: 'a model file' })
    return undefined
  }
}

function http2ListenerOf(
  configuration: NodeConfiguration,
  fetch: ConstructorParameters<typeof Http2Listener>[0],
): Http2Listener | undefined {
  const { http2Port } = configuration
  return http2Port === undefined ? undefined : new Http2Listener(fetch, { ...configuration, port: http2Port })
}

/** @throws ConfigurationError where it cannot listen */
async function listening(
  listener: Listener,
  forProxy: Http2Listener | undefined,
  { host, port, http2Port }: NodeConfiguration,
  store: OpenedStore,
): Promise<{ readonly port: number; readonly http2Port: number | undefined }> {
  const at = async (field: string, wished: number, listen: () => Promise<number>): Promise<number> => {
    try {
      return await listen()
    } catch (cause) {
      await store.close()
      const got = `${host}:${wished}, and: ${systemReason(cause)}`
      throw new ConfigurationError([{ field, got, wanted: 'an address to listen at' }], { cause })
    }
  }
  return {
    http2Port: forProxy && (await at('HEDGEROW_HTTP2_PORT', http2Port ?? 0, () => forProxy.listen())),
    port: await at('HEDGEROW_PORT', port, () => listener.listen()),
  }
}

async function save({ save: write }: OpenedStore, log: Log): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    log.error('baselines could not be saved', { reason: systemReason(error) })
    return false
  }
}
