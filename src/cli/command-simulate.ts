import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { eventsCsv, labelsCsv } from '../../model/simulate/csv.ts'
import { simulate } from '../../model/simulate/index.ts'
import { CommandError, systemReason } from './exit.ts'
import { integer } from './options.ts'
import { writeWhole } from './output-file.ts'
import { say } from './say.ts'
import { count } from './words.ts'

interface Flags {
  readonly out: string
  readonly users: number
  readonly days: number
  readonly seed: number
  readonly quiet?: true
}

/** `hedgerow simulate`: activity to try the others on, with labels. */
export function addSimulate(program: Command, signal: AbortSignal): void {
  program
    .command('simulate')
    .summary('write simulated activity, with labels')
    .description('Writes events.csv and labels.csv into a folder: the activity of users with habits, some of it odd.')
    .requiredOption('--out <folder>', 'folder to write to, made where it is not there')
    .option('--users <n>', 'how many users', integer(1, 1_000_000), 500)
    .option('--days <n>', 'how many days', integer(1, 366), 21)
    .option('--seed <n>', 'the same seed gives the same activity', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('-q, --quiet', 'no summary on stderr')
    .action(async (flags: Flags) => {
      const events = simulate({ users: flags.users, days: flags.days, seed: flags.seed })
      try {
        await mkdir(flags.out, { recursive: true })
      } catch (cause) {
        throw new CommandError(`cannot make the folder ${flags.out}: ${systemReason(cause)}`, { cause })
      }
      await writeWhole(join(flags.out, 'events.csv'), blocks(eventsCsv(events)), signal)
      await writeWhole(join(flags.out, 'labels.csv'), blocks(labelsCsv(events)), signal)
      if (flags.quiet === true) return
      const odd = events.filter(({ kind }) => kind !== '').length
      say([
        `${count(events.length, 'event')} of ${count(flags.users, 'user')} in ${flags.out}, ${count(odd, 'anomaly', 'anomalies')}`,
      ])
    })
}

/** Lines joined into larger pieces: a write for each line takes far longer than making it. */
function* blocks(lines: Iterable<string>): Generator<string> {
  let block = ''
  for (const line of lines) {
    block += line
    if (block.length < 65_536) continue
    yield block
    block = ''
  }
  yield block
}
