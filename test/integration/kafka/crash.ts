import { Consumer, Producer } from '@platformatic/kafka'

// Loaded before member.ts, kills the process at a place that is hard to meet by chance: `CRASH=written:9` once the brokers
// have taken the ninth request to write. The client is the real one, and so is the SIGKILL.

const [place, count] = (process.env.CRASH ?? '').split(':')
const wanted = Number(count)

function killSelf(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Around calls of a method: before the one that is wanted, or once it has succeeded. */
function around<T extends object>(prototype: T, name: keyof T, before: string, after: string): void {
  const original = prototype[name] as (...args: unknown[]) => Promise<unknown>
  let calls = 0
  const wrapped = async function (this: T, ...args: unknown[]): Promise<unknown> {
    const isWanted = ++calls === wanted
    if (isWanted && place === before) killSelf()
    const result = await original.apply(this, args)
    if (isWanted && place === after) killSelf()
    return result
  }
  Object.defineProperty(prototype, name, { value: wrapped })
}

around(Producer.prototype, 'send', 'writing', 'written')
around(Consumer.prototype, 'commit', 'committing', 'committed')
