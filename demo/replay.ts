import type { Answer, Client, DemoRequest } from './client.ts'

/** Requests that are on their way at a time. */
export const LANES = 16

/** Requests that are taken from the source at a time: so far may users overtake one another. */
const BATCH = 128

export type Exchange = readonly [request: DemoRequest, answer: Answer]

/**
 * Sends requests, each user's in order, one after the other, those of several users side by side. Gives them with their
 * answers, in the order of the source.
 */
export async function* replay(
  requests: AsyncIterable<DemoRequest> | Iterable<DemoRequest>,
  client: Client,
): AsyncGenerator<Exchange> {
  let batch: DemoRequest[] = []
  for await (const request of requests) {
    batch.push(request)
    if (batch.length < BATCH) continue
    yield* await sendAll(batch, client)
    batch = []
  }
  yield* await sendAll(batch, client)
}

async function sendAll(batch: readonly DemoRequest[], client: Client): Promise<Exchange[]> {
  const answers: Exchange[] = []
  const users = new Map<string, number[]>()
  batch.forEach(({ user }, i) => {
    const own = users.get(user)
    if (own === undefined) users.set(user, [i])
    else own.push(i)
  })
  const waiting = users.values()
  const lane = async (): Promise<void> => {
    for (const own of waiting) {
      for (const i of own) {
        const request = batch[i] as DemoRequest
        answers[i] = [request, await client.send(request)]
      }
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return answers
}
