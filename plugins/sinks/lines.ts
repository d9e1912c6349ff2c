import type { SinkRecord } from './contract.ts'

const NEWLINE = 10

/** Records as NDJSON. */
export function toNdjson(records: readonly SinkRecord[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const lines = records.map(({ line }) => (typeof line === 'string' ? encoder.encode(line) : line))
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0))
  let at = 0
  for (const line of lines) {
    bytes.set(line, at)
    at += line.length
    bytes[at++] = NEWLINE
  }
  return bytes
}

/** Bytes that a record's line takes. */
export function lineBytes({ line }: SinkRecord): number {
  if (typeof line !== 'string') return line.length
  return new TextEncoder().encode(line).length
}
