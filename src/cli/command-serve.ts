import { type Command, Option } from 'commander'
import type { RunningServer } from '../server.ts'
import { CommandError, EXIT } from './exit.ts'
import { say } from './say.ts'

/** Flags, and the settings of the environment that they are. Checked by the service, all at once, and never here. */
const FLAGS: readonly (readonly [flag: string, setting: string, description: string])[] = [
  ['--port <n>', 'HEDGEROW_PORT', 'port, 0 for any that is free (default: 8000)'],
  ['--host <address>', 'HEDGEROW_HOST', 'address to listen at (default: 127.0.0.1)'],
  ['--model <file>', 'HEDGEROW_MODEL', 'model file; else the bundled model'],
  ['--baselines <file>', 'HEDGEROW_BASELINES', 'baselines to begin with; saved there from time to time and in the end'],
  ['--store <where>', 'HEDGEROW_STORE', 'memory, or redis://host:port (default: memory)'],
  ['--flag-at <percentile>', 'HEDGEROW_FLAG_AT', 'percentile from which on an event is an anomaly'],
  ['--block-at <percentile>', 'HEDGEROW_BLOCK_AT', 'percentile from which on the outcome is block (default: never)'],
  ['--adaptive <lowest,highest>', 'HEDGEROW_ADAPTIVE', "lets each user's threshold follow the user's own past"],
  ['--max-users <n>', 'HEDGEROW_MAX_USERS', 'users whose baselines are held in memory (default: 50000)'],
  ['--keys-file <file>', 'HEDGEROW_KEYS_FILE', 'file of bearer keys, as in HEDGEROW_KEYS'],
  ['--trusted-proxies <list>', 'HEDGEROW_TRUSTED_PROXIES', 'proxies whose X-Forwarded-For is believed'],
  ['--cors-origins <list>', 'HEDGEROW_CORS_ORIGINS', 'origins whose pages may call the service (default: none)'],
  ['--log-level <level>', 'HEDGEROW_LOG_LEVEL', 'debug, info, warn, error, silent (default: info)'],
]

const ABOUT = `Each flag is also a setting of the environment: --port is HEDGEROW_PORT. Bearer keys come from HEDGEROW_KEYS or
--keys-file alone: scopes:secret, separated by spaces, as in predict:SECRET users+metrics:SECRET. OpenTelemetry is
configured by its standard OTEL_ variables.

Ends on SIGTERM and on Ctrl-C with 0, once what was accepted is answered and baselines are saved; with 1 where the
configuration will not do, or not everything could be ended well.`

/** `hedgerow serve`: the inference service over HTTP. */
export function addServe(program: Command, signal: AbortSignal): void {
  const command = program
    .command('serve')
    .summary('answer over HTTP how unusual events are')
    .description('Serves POST /predict and its kin; /docs shows them all.')
  for (const [flag, , description] of FLAGS) command.addOption(new Option(flag, description))
  command
    .option('--hold-share', 'keeps the flagged share as it was asked for while behaviour drifts')
    .option('--insecure', 'listens beyond loopback without any key')
    .addHelpText('after', `\n${ABOUT}`)
    .action((flags: Readonly<Record<string, string | true>>) => serve(flags, signal))
}

async function serve(flags: Readonly<Record<string, string | true>>, signal: AbortSignal): Promise<void> {
  const server = await started({ ...process.env, ...settingsOf(flags) })
  await new Promise((resolve) => (signal.aborted ? resolve(undefined) : signal.addEventListener('abort', resolve)))
  if (!(await server.stop())) throw new CommandError('not everything could be ended well: see the log')
  // Whatever a library still holds open.
  process.exit(EXIT.ok)
}

/** What a flag says wins over the environment. */
function settingsOf(flags: Readonly<Record<string, string | true>>): Record<string, string> {
  const named = Object.entries(flags).map(([name, value]) => {
    const setting = `HEDGEROW_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
    return [setting, value === true ? 'true' : value] as const
  })
  return Object.fromEntries(named)
}

async function started(settings: Readonly<Record<string, string | undefined>>): Promise<RunningServer> {
  // Here and not above: the other commands need not wait for what serves.
  const [{ startServer }, { ConfigurationError }] = await Promise.all([
    import('../server.ts'),
    import('../service/configuration-values.ts'),
  ])
  try {
    return await startServer(settings)
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause
    say(cause.message.split('\n'))
    throw new CommandError('the configuration will not do', { cause })
  }
}
