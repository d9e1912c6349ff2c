interface Env {
  ACTIVITY: Queue
}

/** An app whose requests are tailed. Where it knows who it was, it says so; what must not get lost, it queues. */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    const user = request.headers.get('x-user')
    if (user === null) return new Response(`hello from ${pathname}`)
    const event = { user_id: user, event_type: 'view', device_type: 'desktop', timestamp: new Date().toISOString() }
    if (pathname === '/queued') await env.ACTIVITY.send(event)
    else console.log(event)
    return new Response(`hello ${user}`)
  },
} satisfies ExportedHandler<Env>
