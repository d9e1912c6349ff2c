import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A span as OTLP/JSON has it. */
export interface ExportedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
  readonly attributes: readonly ExportedAttribute[]
}

export interface ExportedAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface ExportRequest {
  readonly resourceSpans?: readonly { readonly scopeSpans?: readonly { readonly spans?: readonly ExportedSpan[] }[] }[]
}

/** What an OpenTelemetry back end would be: takes the spans that the Worker exports, and keeps the strangest. */
export class Collector {
  readonly port: number
  readonly #close: () => void
  /** Spans that came. */
  spans = 0
  #highest = Number.NEGATIVE_INFINITY
  #strangest: ExportedSpan[] = []

  static async start(): Promise<Collector> {
    const collectors: Collector[] = []
    const server = createServer((request, response) => {
      json(request)
        .then((body) => collectors[0]?.take(body as ExportRequest))
        .then(
          () => response.setHeader('content-type', 'application/json').end('{}'),
          () => response.writeHead(400).end(),
        )
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const collector = new Collector((server.address() as AddressInfo).port, () => {
      server.close()
      server.closeAllConnections()
    })
    collectors.push(collector)
    return collector
  }

  private constructor(port: number, close: () => void) {
    this.port = port
    this.#close = close
  }

  /** The exported span of a decision; only those of the highest score are kept. */
  spanOf(decisionId: string): ExportedSpan | undefined {
    return this.#strangest.find((span) => attribute(span, 'anomaly.id') === decisionId)
  }

  take({ resourceSpans = [] }: ExportRequest): void {
    for (const { scopeSpans = [] } of resourceSpans) {
      for (const { spans = [] } of scopeSpans) for (const span of spans) this.#keep(span)
    }
  }

  stop(): void {
    this.#close()
  }

  #keep(span: ExportedSpan): void {
    this.spans++
    const score = attribute(span, 'anomaly.isolation_score')
    if (typeof score !== 'number' || score < this.#highest) return
    if (score > this.#highest) this.#strangest = []
    this.#highest = score
    this.#strangest.push(span)
  }
}

function attribute(span: ExportedSpan, key: string): unknown {
  const value = span.attributes.find((candidate) => candidate.key === key)?.value
  return value === undefined ? undefined : Object.values(value)[0]
}
