/** How the command ends; `hedgerow --help` says the same. */
export const EXIT = { ok: 0, failed: 1, refused: 2, interrupted: 130 } as const

export const EXIT_HELP = `Exit codes:
  0    done
  1    wrong arguments, a file that cannot be read or written, a model or a log that will not do
  2    --strict, and a line was refused
  130  interrupted (Ctrl-C, or a request to end); no half-written file is left`

/** An error of the person's who called, or of the files': one line on stderr, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = options.exitCode ?? EXIT.failed
  }
}

/** What the system said, in words: `no such file`, with the code where there are no better words. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Only what the system said has a call: other errors have codes of their own, and messages that say more.
  if (!('syscall' in error && 'code' in error)) return error.message
  return REASONS[String(error.code)] ?? String(error.code)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a folder, wanted a file',
  ENOTDIR: 'is a file, wanted a folder',
  EEXIST: 'is already there',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
}
