import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BehaviorEvent } from '../event.ts'
import { CommandError } from './exit.ts'

/** Beside this module's folder in the source and in the package alike. */
const SCRIPT = fileURLToPath(new URL('../../model/older_recipe.py', import.meta.url))

/** Doubles of a row. */
const COLUMNS = 8

/** Beyond this many events the recipe would take minutes and gigabytes. */
export const MOST_EVENTS = 1_000_000

/** What the older recipe makes of the same events. */
export interface OlderEvaluation {
  /** Of scikit-learn. */
  readonly version: string
  readonly rocAuc: number
  readonly averagePrecision: number
  readonly precisionAtTop2: number
  readonly flagged: number
  readonly kinds: readonly { readonly kind: number; readonly rocAuc: number; readonly recall: number }[]
}

/** The events as the older recipe wants them: collected while they are scored, judged at the end. */
export class OlderRecipe {
  readonly #eventTypes: readonly string[]
  readonly #users = new Map<string, number>()
  readonly #kinds: string[] = ['']
  #rows = new Float64Array(COLUMNS * 4096)
  #count = 0
  tooMany = false

  constructor(eventTypes: readonly string[]) {
    // Types by number, in alphabetical order: as a label encoder has them.
    this.#eventTypes = [...eventTypes].sort()
  }

  /** The kinds by the numbers that the evaluation names them by. */
  get kinds(): readonly string[] {
    return this.#kinds
  }

  add(event: BehaviorEvent, sessionDurationSec: number, eventsInSession: number, kind: string): void {
    if (this.#count === MOST_EVENTS) this.tooMany = true
    if (this.tooMany) return
    const at = this.#count * COLUMNS
    if (at === this.#rows.length) {
      const larger = new Float64Array(2 * at)
      larger.set(this.#rows)
      this.#rows = larger
    }
    const user = this.#users.get(event.userId) ?? this.#users.size
    this.#users.set(event.userId, user)
    const type = this.#eventTypes.indexOf(event.eventType)
    const device = event.deviceType === 'mobile' ? 1 : 0
    const row = [user, type, device, sessionDurationSec, eventsInSession, event.hourOfDay, event.dayOfWeek]
    this.#rows.set([...row, this.#kindIndex(kind)], at)
    this.#count++
  }

  /** Runs it. @returns in words why not, where it could not be run */
  async evaluate(signal: AbortSignal): Promise<OlderEvaluation | string> {
    if (this.tooMany) return `the older recipe is only run on up to ${MOST_EVENTS} events`
    const child = spawn('python3', [SCRIPT], { signal, stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    // A child that ends before it has read all of it says why by its exit code.
    child.stdin.on('error', () => undefined)
    child.stdin.end(new Uint8Array(this.#rows.buffer, 0, this.#count * COLUMNS * Float64Array.BYTES_PER_ELEMENT))
    const code = await new Promise<number | null>((resolve) => {
      child.on('error', () => resolve(null))
      child.on('close', resolve)
    })
    signal.throwIfAborted()
    if (code === 0) return JSON.parse(said) as OlderEvaluation
    if (code === null) return 'the older recipe needs python3 with scikit-learn: python3 was not found'
    if (code === 3) return 'the older recipe needs python3 with scikit-learn (Debian: python3-sklearn): not installed'
    throw new CommandError(`the older recipe failed: ${complaint.trim().split('\n').at(-1) ?? `exit code ${code}`}`)
  }

  #kindIndex(kind: string): number {
    const known = this.#kinds.indexOf(kind)
    return known >= 0 ? known : this.#kinds.push(kind) - 1
  }
}
