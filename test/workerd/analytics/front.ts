/** What a service binding has under the runtime's flag `service_binding_extra_handlers`. */
interface QueueHandler {
  queue(name: string, messages: readonly object[]): Promise<{ readonly outcome: string }>
}

interface Env {
  LOGS: Fetcher & QueueHandler
  TAILED: Fetcher
  STREAMED: Fetcher
}

/** Hands what was posted to one of the ways in. */
export default {
  async fetch(request, { LOGS, TAILED, STREAMED }) {
    switch (new URL(request.url).pathname) {
      case '/receiver':
        return LOGS.fetch(request)
      case '/tail':
        return TAILED.fetch(request)
      case '/stream':
        return STREAMED.fetch(request)
      default: {
        const lines = (await request.text()).split('\n')
        const messages = lines.map((body, i) => ({ id: String(i), timestamp: new Date(), attempts: 1, body }))
        const { outcome } = await LOGS.queue('activity', messages)
        return new Response(outcome)
      }
    }
  },
} satisfies ExportedHandler<Env>
