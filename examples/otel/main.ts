import { createServer, get } from 'node:http'
import { sdk } from './telemetry.ts'

// A small shop and its visitors: run it with the telemetry started first, and a collector on port 4318.
//
//     node --import ./examples/otel/telemetry.ts examples/otel/main.ts

const server = createServer((request, response) => {
  response.end(`hello, ${request.url}\n`)
})
await new Promise<void>((resolve) => server.listen(0, resolve))
const address = server.address()
const port = typeof address === 'object' ? address?.port : undefined

/** A request by somebody, as somebody who is signed in. */
async function visit(user: string, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { authorization: `Bearer ${user}`, 'user-agent': 'curl/8.17.0' }
    get({ port, path, headers }, (response) => response.resume().on('end', resolve)).on('error', reject)
  })
}

// Three people read, at the pace of people.
for (let page = 1; page <= 3; page++) {
  for (const user of ['ada', 'grace', 'alan']) await visit(user, `/articles/${page}`)
  await new Promise((resolve) => setTimeout(resolve, 1500))
}
// Somebody takes all there is.
for (let file = 1; file <= 60; file++) await visit('eve', `/exports/${file}.csv`)

server.close()
console.log('9 requests at the pace of people, 60 exports by one in a moment: their traces are on their way')
try {
  await sdk.shutdown()
} catch (error) {
  console.error('Not everything was taken: is there a collector at http://localhost:4318?', String(error))
  process.exitCode = 1
}
