import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collector } from './collector/build.ts'
import { cached, freePort, listening, run } from './need.ts'

// Applications on both SDKs, and the example, send OTLP to a real OpenTelemetry Collector; its output file has the
// attributes.

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'hedgerow-collector-'))
const output = join(folder, 'telemetry.json')
let server: ChildProcess
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  const binary = await collector()
  const port = await freePort()
  const settings = { ...process.env, OTLP_PORT: String(port), OUTPUT: output }
  server = spawn(binary, ['--config', here('collector/config.yaml')], {
    env: settings,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  server.stderr?.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-10_000)
  })
  await listening(port).catch((cause: unknown) => {
    throw new Error(`the collector did not start: ${said}`, { cause })
  })
  env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }
})
afterAll(async () => {
  if (server?.exitCode === null) {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  rmSync(folder, { recursive: true })
})

interface KeyValue {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}
interface Scoped {
  readonly spans?: readonly { readonly kind: number; readonly attributes?: readonly KeyValue[] }[]
  readonly logRecords?: readonly {
    readonly body?: { readonly stringValue?: string }
    readonly attributes?: readonly KeyValue[]
  }[]
}
interface OfService {
  readonly resource: { readonly attributes: readonly KeyValue[] }
  readonly scopeSpans?: readonly Scoped[]
  readonly scopeLogs?: readonly Scoped[]
}

const plain = (attributes: readonly KeyValue[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** What the collector has written of a service. */
function written(service: string) {
  const lines = existsSync(output) ? readFileSync(output, 'utf8').split('\n').slice(0, -1) : []
  const parts = lines
    .flatMap((line) => {
      const { resourceSpans = [], resourceLogs = [] } = JSON.parse(line) as Record<string, readonly OfService[]>
      return [...resourceSpans, ...resourceLogs]
    })
    .filter(({ resource }) => plain(resource.attributes)['service.name'] === service)
  const scoped = parts.flatMap(({ scopeSpans = [], scopeLogs = [] }) => [...scopeSpans, ...scopeLogs])
  return {
    spans: scoped
      .flatMap(({ spans = [] }) => spans)
      .filter(({ kind }) => kind === 2)
      .map(({ attributes }) => plain(attributes)),
    logs: scoped
      .flatMap(({ logRecords = [] }) => logRecords)
      .map(({ body, attributes }) => ({ body: body?.stringValue, ...plain(attributes) })),
  }
}

/** An application on SDK 2.x with packages of its own, installed once; the plug-in finds the API that the application has. */
async function onSdk2(): Promise<string> {
  const packages = readFileSync(here('sdk-2/package.json'))
  const version = createHash('sha256').update(packages).digest('hex').slice(0, 12)
  const app = await cached(`otel-sdk-2-${version}`, async (folder) => {
    copyFileSync(here('sdk-2/package.json'), join(folder, 'package.json'))
    await run('npm', ['install', '--no-audit', '--no-fund', '--no-save'], { cwd: folder })
  })
  copyFileSync(here('sdk-2/app.js'), join(app, 'app.js'))
  copyFileSync(here('visits.js'), join(app, 'visits.js'))
  await build({
    entryPoints: [here('../../plugins/otel.ts')],
    outfile: join(app, 'hedgerow-otel.js'),
    bundle: true,
    format: 'esm',
    external: ['@opentelemetry/api'],
  })
  return join(app, 'app.js')
}

describe('an OpenTelemetry Collector', () => {
  it.each([
    ['shop-3', () => Promise.resolve(here('sdk-3.js'))],
    ['shop-2', onSdk2],
  ])('has what %s exports, anomalous traces though nothing is sampled', async (service, app) => {
    const counts = JSON.parse(await run(process.execPath, [await app()], { env })) as {
      scored: number
      flagged: number
    }
    expect(counts.scored).toBe(62)
    expect(counts.flagged).toBeGreaterThan(30)
    await expect.poll(() => written(service).spans.length, { timeout: 30_000 }).toBe(counts.flagged)
    const { spans, logs } = written(service)
    for (const span of spans) {
      expect(span).toMatchObject({
        'user.id': 'eve',
        'anomaly.state': 'scored',
        'anomaly.is_anomaly': true,
        'anomaly.model_name': 'hedgerow-behavior',
      })
      expect(span['anomaly.isolation_score']).toBeGreaterThanOrEqual(Number(span['anomaly.threshold']))
    }
    await expect.poll(() => written(service).logs.length, { timeout: 30_000 }).toBe(2)
    expect(logs).toMatchObject([{ body: 'request', 'anomaly.state': 'scored' }, { body: 'ready' }])
    expect(logs[1]).not.toHaveProperty('anomaly.state')
  })

  it('has what the example exports', async () => {
    const telemetry = here('../../examples/otel/telemetry.ts')
    await run(process.execPath, ['--import', telemetry, here('../../examples/otel/main.ts')], { env })
    const anomalies = () => written('shop').spans.filter((span) => span['anomaly.is_anomaly'] === true)
    await expect.poll(() => anomalies().length, { timeout: 30_000 }).toBeGreaterThan(30)
    const eve = createHash('sha256').update('Bearer eve').digest('hex')
    expect(new Set(anomalies().map((span) => span['user.id']))).toEqual(new Set([eve]))
  })
})
