import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import type { Log } from './log.ts'

/** As often at most the same is said: an exporter whose collector is away complains with every batch. */
const SILENT_MS = 60_000

/** Texts that are remembered; beyond, the oldest is forgotten, and may be said again. */
const MOST_TEXTS = 200

const LEVELS: Readonly<Record<string, DiagLogLevel>> = {
  all: DiagLogLevel.ALL,
  verbose: DiagLogLevel.VERBOSE,
  debug: DiagLogLevel.DEBUG,
  info: DiagLogLevel.INFO,
  warn: DiagLogLevel.WARN,
  error: DiagLogLevel.ERROR,
  none: DiagLogLevel.NONE,
}

type Level = 'debug' | 'info' | 'warn' | 'error'

/**
 * Has OpenTelemetry tell of its own failures in the service's log.
 *
 * @param named what OTEL_LOG_LEVEL says: it then counts, whatever the level of the log. Without, warnings and errors.
 */
export function logDiagnostics(log: Log, named: string | undefined): void {
  const level = named?.trim().toLowerCase() ?? ''
  const into = level === '' ? log : log.withLevel('debug')
  diag.setLogger(new Diagnostics(into), {
    logLevel: LEVELS[level] ?? DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  })
}

class Diagnostics implements DiagLogger {
  readonly #log: Log
  /** When each text was said last, and how often it was not said since. */
  readonly #said = new Map<string, { readonly atMs: number; unsaid: number }>()

  constructor(log: Log) {
    this.#log = log
  }

  readonly error = (...told: unknown[]): void => this.#tell('error', told)
  readonly warn = (...told: unknown[]): void => this.#tell('warn', told)
  readonly info = (...told: unknown[]): void => this.#tell('info', told)
  readonly debug = (...told: unknown[]): void => this.#tell('debug', told)
  readonly verbose = (...told: unknown[]): void => this.#tell('debug', told)

  #tell(level: Level, told: readonly unknown[]): void {
    const reason = told.flatMap(textOf).join(' ')
    // The same failure may have another time or size in it.
    const kind = `${level} ${reason.replaceAll(/\d+/g, '0')}`
    const before = this.#said.get(kind)
    const nowMs = performance.now()
    if (before !== undefined && nowMs - before.atMs < SILENT_MS) {
      before.unsaid++
      return
    }
    this.#said.delete(kind)
    this.#said.set(kind, { atMs: nowMs, unsaid: 0 })
    if (this.#said.size > MOST_TEXTS) this.#forgetOldest()
    const unsaid = before?.unsaid ?? 0
    this.#log[level]('opentelemetry', { reason, ...(unsaid > 0 ? { unsaid } : {}) })
  }

  #forgetOldest(): void {
    for (const oldest of this.#said.keys()) {
      this.#said.delete(oldest)
      return
    }
  }
}

/** What it is in words. Objects are left out: at the lower levels they are the very spans that are sent. */
function textOf(told: unknown): string[] {
  if (told instanceof Error) return [told.message]
  return typeof told === 'string' ? [messageIn(told)] : []
}

/** The SDK writes an error down as JSON, stack and all. */
function messageIn(text: string): string {
  if (!text.startsWith('{')) return text
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    return typeof message === 'string' && message !== '' ? message : text
  } catch {
    return text
  }
}
