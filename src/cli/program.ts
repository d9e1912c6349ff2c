import { setFlagsFromString } from 'node:v8'
import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { addEvaluate } from './command-evaluate.ts'
import { addInspect } from './command-inspect.ts'
import { addScore } from './command-score.ts'
import { addServe } from './command-serve.ts'
import { addSimulate } from './command-simulate.ts'
import { addTrain } from './command-train.ts'
import { CommandError, EXIT, EXIT_HELP } from './exit.ts'
import { interruptSignal } from './interrupt.ts'
import { say } from './say.ts'
import { OutputClosed } from './standard-output.ts'

/** The `hedgerow` command: its subcommands, and how it ends. */

// Memory that does not grow with the log: V8 would rather let its heap double before it looks for what users who were
// forgotten, and lines that were read, have left. This costs a tenth more time where users come and go, else nothing.
setFlagsFromString('--heap-growing-percent=20')

const signal = interruptSignal()

// Help that is not read to its end, as of `hedgerow --help | head -3`. Results go through StandardOutput, which looks itself.
process.stdout.on('error', () => undefined)

const program = new Command('hedgerow')
  .description(
    'Behaviour anomaly detection: on logs (simulate, train, score, evaluate, inspect), and over HTTP (serve).',
  )
  .version(manifest.version)
  .showHelpAfterError(false)
  .addHelpText('after', `\n${EXIT_HELP}`)
  .exitOverride()
addSimulate(program, signal)
addTrain(program, signal)
addScore(program, signal)
addEvaluate(program, signal)
addInspect(program, signal)
addServe(program, signal)
for (const command of program.commands) {
  command.exitOverride()
  if (command.name() !== 'serve') command.addHelpText('after', `\n${EXIT_HELP}`)
}
for (const command of [program, ...program.commands]) {
  command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'hedgerow: ')) })
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = endOf(error)
  // What is still open, a log that nobody ends, must not hold the process.
  if (signal.aborted || error instanceof OutputClosed) process.exit()
}

/** What a failure means for whoever called, said in one line; a fault of our own is shown with its stack. */
function endOf(error: unknown): number {
  if (error instanceof OutputClosed) return EXIT.ok
  // Commander has said what is wrong, or shown the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.failed
  if (error instanceof CommandError) {
    say([`hedgerow: ${error.message}`])
    return error.exitCode
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return EXIT.failed
}
