import { systemReason } from '../../cli/exit.ts'

/** What the system said of a file, as what was got: what is wanted instead stands in the problem. */
export function found(error: unknown): string {
  return systemReason(error).replace(/, wanted a (file|folder)$/, '')
}
