// Logs into verdicts, in workerd on this machine: `node examples/workers-logs/main.ts`.

import { gzipSync } from 'node:zlib'
import { runWorkers } from './run.ts'

const workers = await runWorkers()
try {
  const lines = [
    {
      ClientRequestMethod: 'GET',
      ClientRequestPath: '/orders/7',
      ClientIP: '192.0.2.1',
      EdgeStartTimestamp: Date.now(),
    },
    { ClientRequestMethod: 'POST', ClientRequestPath: '/login', ClientIP: '192.0.2.1', EdgeStartTimestamp: Date.now() },
  ]
  const body = gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const answer = await workers.post(body, { 'content-encoding': 'gzip' })
  console.log('posted as Logpush posts:', answer.status, await answer.text())
  console.log('visited:', await workers.visit('/orders/7'), '|', await workers.visit('/', 'ada'))
  // Tails come after the response.
  for (let tries = 0; (await workers.keys()).length < 5 && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  for (const key of await workers.keys()) console.log(`\n${key}\n${(await workers.read(key)).trimEnd()}`)
} finally {
  await workers.close()
}
