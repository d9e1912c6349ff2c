import { parseAccessLine } from './combined.ts'
import { EVENT_FIELDS, type Mapping } from './mapping.ts'
import { withoutMark } from './row.ts'

/** `combined` reads the common log format too. */
export type Format = 'csv' | 'ndjson' | 'combined'
export const FORMATS: readonly Format[] = ['csv', 'ndjson', 'combined']

/**
 * The format that a line says, or undefined where it says none (a broken line: ask the next).
 *
 * @param first whether it is the first line that is not empty; only that can be a CSV header
 */
export function detectFormat(line: string, first: boolean, mapping: Mapping): Format | undefined {
  const text = withoutMark(line)
  if (text.trimStart().startsWith('{')) return 'ndjson'
  if (typeof parseAccessLine(text) !== 'string') return 'combined'
  if (first && looksLikeHeader(text, mapping)) return 'csv'
  return undefined
}

/** Whether a line names columns that the mapping wants. Quotes go; a name with a comma inside is not looked for. */
function looksLikeHeader(text: string, mapping: Mapping): boolean {
  if (!text.includes(',')) return false
  const names = new Set(text.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1')))
  return EVENT_FIELDS.some((field) => names.has(mapping[field] ?? field))
}
