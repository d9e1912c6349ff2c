import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import build from 'pino-abstract-transport'

// The last target of a pipeline of pino's, which takes nothing until a file is there.
export default ({ gate, destination }) =>
  build(
    async (source) => {
      while (!existsSync(gate)) await sleep(20)
      for await (const { text } of source) appendFileSync(destination, `${text}\n`)
    },
    { parseLine: (text) => ({ text }) },
  )
