import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Http2Listener } from '../../src/service/node/http2-listener.ts'
import { Listener } from '../../src/service/node/listener.ts'

const options = { host: '127.0.0.1', port: 0, maxConnections: 10, silenceMs: 300, drainDelayMs: 0, drainMs: 1000 }

describe.each([
  ['HTTP/1.1', Listener],
  ['HTTP/2', Http2Listener],
])('a connection by %s', (_, Kind) => {
  it('on which nothing moves is closed when its time is over, and not before', async () => {
    const listener = new Kind(() => new Response(), options)
    const socket = connect(await listener.listen(), '127.0.0.1').on('error', () => undefined)
    const from = performance.now()
    socket.resume()
    await once(socket, 'close')
    expect(performance.now() - from).toBeGreaterThan(250)
    expect(performance.now() - from).toBeLessThan(5_000)
    expect(await listener.drain()).toBe(true)
  })
})
