/**
 * What happens in the shop: somebody asks once, somebody takes everything at once; and the same is told in log records.
 *
 * @param {{ emit(record: object): void }} logger
 */
export async function visit(logger) {
  // Only now, when the instrumentation is there to see it.
  const { createServer, get } = await import('node:http')
  const server = createServer((_, response) => response.end('hello'))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const ask = (user, path) =>
    new Promise((resolve, reject) => {
      const request = { port, host: '127.0.0.1', path, headers: { 'x-user': user }, agent: false }
      get(request, (response) => response.resume().on('end', resolve)).on('error', reject)
    })
  await ask('ada', '/articles/1')
  for (let file = 0; file < 60; file++) await ask('eve', `/exports/${file}.csv`)
  server.close()

  const attributes = { 'http.request.method': 'GET', 'url.path': '/articles/1', 'user.id': 'lin' }
  logger.emit({ body: 'request', attributes })
  logger.emit({ body: 'ready' })
}
