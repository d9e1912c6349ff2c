import { type Command, InvalidArgumentError, Option } from 'commander'
import { EVENT_TYPES } from '../event.ts'
import type { Model } from '../model.ts'
import {
  ACTIVITY_FIELDS,
  DEFAULT_MAX_LINE_BYTES,
  FORMATS,
  type Format,
  parseMapping,
  type RecordOptions,
} from '../records/index.ts'
import { flagAtOf, type ThresholdOptions } from '../thresholds.ts'
import { CommandError, systemReason } from './exit.ts'

/** What options of several subcommands are: their flags, their words, and the checks of their values. */

/** Most users whose baselines are held at once unless told otherwise: about 500 bytes each. */
export const DEFAULT_MAX_USERS = 150_000

/** A parser of whole numbers from low to high. */
export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^-?\d+$/.test(text) && value >= low && value <= high) return value
    throw new InvalidArgumentError(`Wanted an integer from ${low} to ${high}.`)
  }
}

/** A parser of numbers from low to high. */
export function decimal(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= low && value <= high) return value
    throw new InvalidArgumentError(`Wanted a number from ${low} to ${high}.`)
  }
}

/** What every subcommand that reads events takes. */
export interface ReadingFlags {
  readonly format?: Format
  readonly map: readonly string[]
  readonly maxLineBytes: number
  readonly maxUsers: number
  readonly strict?: true
  readonly quiet?: true
}

export function addReading(command: Command): Command {
  return command
    .argument('<events...>', 'CSV, NDJSON or access logs in combined format, gzipped or not, in order; - for stdin')
    .addOption(new Option('--format <format>', 'format of the events, else told by content').choices(FORMATS))
    .option(
      '--map <field=path>',
      'where a field stands in the records, as in user_id=account.id; repeatable',
      collect,
      [],
    )
    .option('--max-line-bytes <n>', 'a longer line is refused', integer(16, 1 << 28), DEFAULT_MAX_LINE_BYTES)
    .option(
      '--max-users <n>',
      'users whose baselines are held, about 500 bytes each; the least recently seen are forgotten',
      integer(16, 10_000_000),
      DEFAULT_MAX_USERS,
    )
    .option('--strict', 'end at the first line that does not parse, with exit code 2')
    .option('-q, --quiet', 'no progress and no summary on stderr')
}

/** @throws CommandError where the mapping is wrong */
export function readingOptions(flags: ReadingFlags, eventTypes: readonly string[]): RecordOptions {
  try {
    return {
      format: flags.format,
      map: parseMapping(flags.map, ACTIVITY_FIELDS),
      maxLineBytes: flags.maxLineBytes,
      eventTypes,
    }
  } catch (cause) {
    throw new CommandError(`--map: ${systemReason(cause)}`, { cause })
  }
}

export interface ThresholdFlags {
  readonly flagAt?: number
  readonly adaptive?: readonly [lowest: number, highest: number]
  readonly holdShare?: true
}

export function addThresholds(command: Command): Command {
  return command
    .option(
      '--flag-at <percentile>',
      'percentile from which on an event is an anomaly (default: 1 less the contamination that the model was trained with)',
      decimal(0, 1),
    )
    .option(
      '--adaptive <lowest,highest>',
      "lets each user's threshold follow the user's own past, between these percentiles",
      bounds,
    )
    .option('--hold-share', 'keeps the flagged share as it was asked for while behaviour drifts')
}

export function thresholdOptions(flags: ThresholdFlags, model: Model): ThresholdOptions {
  const { adaptive } = flags
  return {
    flagAt: flags.flagAt ?? flagAtOf(model),
    holdShare: flags.holdShare === true,
    ...(adaptive === undefined ? {} : { adaptive: { lowest: adaptive[0], highest: adaptive[1] } }),
  }
}

/** The event types that a model is to know: the built-in ones, and an application's own. */
export function eventTypesWith(own: readonly string[]): string[] {
  return [...new Set([...EVENT_TYPES, ...own])]
}

/** A parser of names separated by commas. */
export function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim())
  if (list.every((name) => name.length >= 1 && name.length <= 200)) return list
  throw new InvalidArgumentError('Wanted names of 1 to 200 characters, separated by commas.')
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

function bounds(text: string): [number, number] {
  const [lowest = Number.NaN, highest = Number.NaN, ...more] = text.split(',').map(decimal(0, 1))
  if (more.length === 0 && lowest <= highest) return [lowest, highest]
  throw new InvalidArgumentError('Wanted two percentiles, the lower first, as in 0.95,0.999.')
}
