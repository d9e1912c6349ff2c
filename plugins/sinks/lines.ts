import type { SinkRecord } from './contract.ts'

const NEWLINE = 10
const SPACE = 32

/** Records as NDJSON. Text over several lines, which is no JSON, comes on one: it could pass for records of its own. */
export function toNdjson(records: readonly SinkRecord[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const lines = records.map(({ line }) => (typeof line === 'string' ? encoder.encode(line) : line))
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0))
  let at = 0
  for (const line of lines) {
    bytes.set(line, at)
    for (let end = line.indexOf(NEWLINE); end >= 0; end = line.indexOf(NEWLINE, end + 1)) bytes[at + end] = SPACE
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
