import type { Anomaly } from '../../src/pipeline/anomaly.ts'
import { withAnomaly } from '../../src/pipeline/json-text.ts'
import { joined } from '../../src/records/joined.ts'
import { isRecord, withoutMark } from '../../src/records/row.ts'

/** A record as a host handed it over: one JSON value, or what should have been one. */
export interface Raw {
  readonly text: string
  /** What `text` stands for, only where it is no valid UTF-8. */
  readonly bytes: Uint8Array | undefined
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const LENIENT = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** The bytes are copied where they are kept. */
export function rawOf(bytes: Uint8Array): Raw {
  try {
    return { text: STRICT.decode(bytes), bytes: undefined }
  } catch {
    return { text: LENIENT.decode(bytes), bytes: bytes.slice() }
  }
}

/** In JSON a line end can only stand where any other space could: without it, the value is the same on one line. */
export function onOneLine(raw: Raw): Raw {
  if (!raw.text.includes('\n') && !raw.text.includes('\r')) return raw
  const bytes = raw.bytes?.map((byte) => (byte === 10 || byte === 13 ? 32 : byte))
  return { text: raw.text.replaceAll(/[\r\n]/g, ' '), bytes }
}

/** A value as JSON; undefined where JSON has no words for it. */
export function jsonOf(value: unknown): string | undefined {
  try {
    const text: unknown = JSON.stringify(value)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

/** What the record says; undefined where it is not JSON. */
export function parseRaw({ text }: Raw): unknown {
  try {
    return JSON.parse(withoutMark(text))
  } catch {
    return undefined
  }
}

/**
 * The record with its `anomaly`: as it was written but for the new member, which takes the place of one that was there.
 * Without a verdict, or where it is no JSON object, it stays as it is, to the byte.
 */
export function enriched({ text, bytes }: Raw, value: unknown, anomaly: Anomaly | undefined): string | Uint8Array {
  if (anomaly === undefined || !isRecord(value)) return bytes ?? text
  const again = withAnomaly(withoutMark(text), bytes, value, JSON.stringify(anomaly))
  return typeof again === 'string' ? again : joined(again)
}
