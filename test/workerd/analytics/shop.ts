/** Logs the events that it is sent, each by itself. */
export default {
  async fetch(request) {
    for (const line of (await request.text()).split('\n')) console.log(JSON.parse(line))
    return new Response('logged')
  },
} satisfies ExportedHandler
