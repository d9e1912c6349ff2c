// Keeps what the runtime tells of another Worker's requests, and gives it out on request.

const events: TailStream.TailEvent<TailStream.EventType>[] = []

export default {
  fetch: () => Response.json(events),
  tailStream(onset) {
    events.push(onset)
    return (event) => {
      events.push(event)
    }
  },
} satisfies ExportedHandler
