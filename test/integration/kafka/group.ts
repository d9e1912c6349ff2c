import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Broker } from './broker.ts'

const PARTITIONS = 4
const member = fileURLToPath(new URL('member.ts', import.meta.url))
const crashing = new URL('crash.ts', import.meta.url).href

export interface Topics {
  readonly EVENTS: string
  readonly VERDICTS: string
  readonly BASELINES?: string
  readonly GROUP: string
}

export interface Member {
  readonly child: ChildProcess
  /** What it said, once it has ended. */
  readonly said: Promise<string>
}

/** The topics of a test on a broker, and the members of its group: processes, as an operator would run them. */
export class Group {
  readonly #broker: Broker
  readonly #children: ChildProcess[] = []

  constructor(broker: Broker) {
    this.#broker = broker
  }

  async topics(name: string, settings: Readonly<Record<string, string>> = {}): Promise<Required<Topics>> {
    const named = {
      EVENTS: `${name}-events`,
      VERDICTS: `${name}-verdicts`,
      BASELINES: `${name}-baselines`,
      GROUP: name,
    }
    await this.#broker.createTopic(named.EVENTS, PARTITIONS, settings)
    await this.#broker.createTopic(named.VERDICTS, PARTITIONS, settings)
    await this.#broker.createTopic(named.BASELINES, PARTITIONS, { 'cleanup.policy': 'compact' })
    return named
  }

  /**
   * @param crash where it is to be killed, as crash.ts takes it
   * @param quiet where it will complain
   */
  start(topics: Topics, { crash, quiet = false }: { readonly crash?: string; readonly quiet?: boolean } = {}): Member {
    const child = spawn(process.execPath, [...(crash === undefined ? [] : ['--import', crashing]), member], {
      env: { ...process.env, BROKERS: this.#broker.address, ...topics, CRASH: crash },
      stdio: ['ignore', 'pipe', quiet ? 'ignore' : 'inherit'],
    })
    this.#children.push(child)
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    return { child, said: once(child, 'close').then(() => text) }
  }

  /** However the tests ended, no member outlives them. */
  end(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }
}
