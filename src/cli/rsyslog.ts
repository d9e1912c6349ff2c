import { RecordScorer } from '../pipeline/record-scorer.ts'
import { ReplyScorer } from '../pipeline/reply-scorer.ts'
import { DEFAULT_MAX_LINE_BYTES, type RecordOptions } from '../records/index.ts'
import { CommandError } from './exit.ts'
import type { Input } from './inputs.ts'
import type { Scorer } from './scorer.ts'
import type { StandardOutput } from './standard-output.ts'

/** `hedgerow score - --rsyslog`: one reply for each message, in order and at once, and nothing else anywhere. */
export async function answerRsyslog(
  inputs: readonly Input[],
  scorer: Scorer,
  { map = 'auto', maxLineBytes = DEFAULT_MAX_LINE_BYTES }: RecordOptions,
  stdout: StandardOutput,
): Promise<void> {
  const [input] = inputs
  if (input?.name !== '-' || inputs.length > 1)
    throw new CommandError('--rsyslog: got files, wanted - for the standard input')
  const records = new RecordScorer(scorer.settings(map))
  const replies = new ReplyScorer(records, maxLineBytes, Date.now)
  for await (const chunk of input.open() as AsyncIterable<Uint8Array>) await stdout.write(replies.push(chunk))
}
