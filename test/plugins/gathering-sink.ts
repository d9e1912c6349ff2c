import { type Sink, SinkError, type SinkRecord } from '../../plugins/sinks/contract.ts'

/** A sink that keeps what it takes, and takes nothing when it is told so. */
export class GatheringSink implements Sink {
  /** What closed deliveries brought, each a list of its own. */
  readonly taken: SinkRecord[][] = []
  /** Ids of batches, taken or not. */
  readonly ids: string[] = []
  /** Deliveries given up. */
  aborted = 0
  /** Before each write: throws, or waits. */
  before: (batch: readonly SinkRecord[]) => void | Promise<void> = () => undefined

  open(): ReturnType<Sink['open']> {
    const records: SinkRecord[] = []
    return {
      write: async (batch) => {
        this.ids.push(batch.id)
        await this.before(batch.records)
        records.push(...batch.records)
      },
      close: () => {
        this.taken.push(records)
        return Promise.resolve()
      },
      abort: () => {
        this.aborted++
        return Promise.resolve()
      },
    }
  }

  get lines(): (string | Uint8Array)[] {
    return this.taken.flat().map(({ line }) => line)
  }
}

export function away(): never {
  throw new SinkError('the sink is away', { retryable: true })
}

export function never(): never {
  throw new SinkError('the sink will never take it', { retryable: false })
}
