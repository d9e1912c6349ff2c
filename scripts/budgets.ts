/** What a deployment may weigh, gzipped, in bytes. The only place where it is said. */
export const budgets = {
  /** `import { hedgerow }` bundled for Workers: the middleware, the engine and the forest, without hono and OpenTelemetry. */
  middleware: 100_000,
  /** The bundled forest as a module. */
  model: 48_000,
  /** The example Worker as wrangler uploads it, hono and the OpenTelemetry API included. */
  worker: 100_000,
  /** The inference service as wrangler uploads it, forest included; the documentation page's library is a static asset. */
  service: 100_000,
} as const satisfies Readonly<Record<string, number>>
