import type { LineTally } from './access-log.ts'
import type { ExportedSpan } from './collector.ts'
import type { Strange, Tally } from './tally.ts'

/** Text for a terminal of 100 columns. */

const WIDTH = 100
/** Reasons of a request that are shown, and the share of the strongest below which one is not worth a word. */
const MOST_REASONS = 3
const LEAST_PART = 0.1

const count = (n: number): string => n.toLocaleString('en')
const share = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)}%`)

/** `2,013 requests: 2,013 scored, 0 not scored. 2,013 spans exported.` */
export function scoredText(tally: Tally, spans: number): string {
  const unscored = [...tally.notScored].map(([why, n]) => `${count(n)} ${why}`)
  const notScored = [...tally.notScored.values()].reduce((sum, n) => sum + n, 0)
  const reasons = unscored.length > 0 ? ` (${unscored.join(', ')})` : ''
  return `${count(tally.scored + notScored)} requests: ${count(tally.scored)} scored, ${count(notScored)} not scored${reasons}. ${count(spans)} spans exported.`
}

/** How many of the intruders were flagged, and how many of the others. */
export function caughtText(tally: Tally, flagAt: number): string {
  const kinds = [...tally.oddKinds].sort(([a], [b]) => (a < b ? -1 : 1))
  const byKind = kinds.map(([kind, { requests, flagged }]) => `${kind.replaceAll('_', ' ')} ${flagged} of ${requests}`)
  const caught = [...tally.oddSessions.values()].filter(Boolean).length
  return [
    `Flagged at the ${flagAt} percentile:`,
    line('requests of intruders', tally.oddFlagged, tally.odd),
    ...wrapped(byKind.join(', '), 4),
    line('sessions of intruders, by one request at least', caught, tally.oddSessions.size),
    line('requests of everybody else', tally.normalFlagged, tally.normal),
  ].join('\n')
}

export function flaggedText(tally: Tally, flagAt: number): string {
  return `Flagged at the ${flagAt} percentile: ${count(tally.flagged)} of ${count(tally.scored)} (${share(tally.flagged, tally.scored)}).`
}

function line(what: string, part: number, whole: number): string {
  return `  ${what.padEnd(48)}${count(part).padStart(6)} of ${count(whole).padStart(6)}   ${share(part, whole).padStart(6)}`
}

/** `10,000 lines: 9,999 replayed, 1 refused: line 8899: user agent is not terminated` */
export function linesText(tally: LineTally): string {
  const { lines, replayed, refused, unsendable, blank, examples } = tally
  const parts = [
    `${count(replayed)} replayed`,
    ...(refused > 0 ? [`${count(refused)} refused`] : []),
    ...(unsendable > 0 ? [`${count(unsendable)} unsendable`] : []),
    ...(blank > 0 ? [`${count(blank)} blank`] : []),
  ].join(', ')
  const summary = `${count(lines)} ${lines === 1 ? 'line' : 'lines'}: ${parts}`
  const named = examples.map(({ line, reason }) => `line ${line}: ${reason}`)
  const more = refused + unsendable - named.length
  if (named.length === 1 && more === 0) return `${summary}: ${named[0]}`
  return [summary, ...named.map((text) => `  ${text}`), ...(more > 0 ? [`  and ${count(more)} more`] : [])].join('\n')
}

interface Columns {
  /** Whether the demo knows who was an intruder. */
  readonly labelled: boolean
  /** Whether the requests are those of one day. */
  readonly oneDay: boolean
}

/** A table of the strangest requests, two lines each: the second says why. */
export function strangestText(strangest: readonly Strange[], { labelled, oneDay }: Columns): string {
  const timeOf = (timeMs: number): string =>
    new Date(timeMs)
      .toISOString()
      .replace('T', ' ')
      .slice(oneDay ? 11 : 0, 19)
  const rows = strangest.map(({ request, decision }) => [
    cut(request.user, 24),
    timeOf(request.timeMs),
    cut(`${request.method} ${printable(request.target)}`, oneDay ? 40 : 34),
    decision.score.toFixed(3),
    decision.percentile.toFixed(4),
    ...(labelled ? [request.kind === '' ? 'the user' : `intruder: ${request.kind.replaceAll('_', ' ')}`] : []),
  ])
  const head = ['user', 'time, UTC', 'what they did', 'score', 'pctile', ...(labelled ? ['who it was'] : [])]
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const text = (row: readonly string[]): string => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`
  const reasonsAt = (widths[0] ?? 0) + 4
  return [
    text(head).trimEnd(),
    ...rows.flatMap((row, i) => [text(row).trimEnd(), ...wrapped(reasonsText(strangest[i] as Strange), reasonsAt)]),
  ].join('\n')
}

/** Why, in words; empty where the request was no anomaly, which has no reasons. */
function reasonsText({ decision }: Strange): string {
  const { reasons } = decision
  const strongest = reasons[0]?.contribution ?? 0
  const worth = reasons.filter(({ contribution }) => contribution > LEAST_PART * strongest).slice(0, MOST_REASONS)
  return worth.map(({ text }) => text).join('; ')
}

/** A span as OTLP/JSON has it, an attribute a line; what is empty or the same in every span is left out. */
export function spanText(span: ExportedSpan): string {
  const { attributes, ...fields } = span
  const shown = Object.entries(fields).filter(([name, value]) => SPAN_FIELDS.includes(name) && value !== undefined)
  return [
    '{',
    ...shown.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`),
    '  "attributes": [',
    attributes.map((attribute) => `    ${spaced(JSON.stringify(attribute))}`).join(',\n'),
    '  ]',
    '}',
  ].join('\n')
}

const SPAN_FIELDS: readonly string[] = ['traceId', 'spanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano']

/** `{"key":"a","value":{"doubleValue":1}}` with the spaces that people put. */
function spaced(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|([:,])|(\{)|(\})/g, (_, text, mark, open, close) => {
    if (text !== undefined) return text
    if (mark !== undefined) return `${mark} `
    return open !== undefined ? '{ ' : close === undefined ? '' : ' }'
  })
}

/** Lines of words, none when there are none. */
function wrapped(text: string, indent: number): string[] {
  const lines: string[] = []
  for (const word of text === '' ? [] : text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > WIDTH) lines.push(' '.repeat(indent) + word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function cut(text: string, length: number): string {
  const clean = printable(text)
  return clean.length <= length ? clean : `${clean.slice(0, length - 1)}…`
}

/** What a log holds is not to be believed, least of all by a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S}\p{M} ]/gu, '?')
}
