import { formatProblems } from '../event.ts'
import type { RecordMapper } from './record-map.ts'
import { isRecord, type LineReader, type Row, withoutMark } from './row.ts'

/** Reads one JSON object a line. */
export class NdjsonReader implements LineReader {
  readonly #toEvent: RecordMapper

  constructor(toEvent: RecordMapper) {
    this.#toEvent = toEvent
  }

  read(line: number, text: string, end: string, bytes: Uint8Array | undefined, rows: Row[]): void {
    let value: unknown
    try {
      value = JSON.parse(withoutMark(text))
    } catch {
      // The engine's own message quotes the line, which may hold anything.
      rows.push({ kind: 'problem', line, text, end, bytes, record: undefined, reason: 'not valid JSON', problems: [] })
      return
    }
    const parsed = this.#toEvent(value)
    const record = isRecord(value) ? value : undefined
    if (parsed.ok && record !== undefined) {
      rows.push({ kind: 'event', line, text, end, bytes, record, event: parsed.event })
    } else {
      const problems = parsed.ok ? [] : parsed.problems
      const reason = problems.length === 0 ? 'not a JSON object' : formatProblems(problems)
      rows.push({ kind: 'problem', line, text, end, bytes, record, reason, problems })
    }
  }
}
