import { Hono, type Next } from 'hono'
import { cors } from 'hono/cors'
import { secureHeaders } from 'hono/secure-headers'
import { requireScope } from './auth.ts'
import { DOCS_PAGE, DOCS_SCRIPT } from './docs-page.ts'
import { Handlers } from './handlers.ts'
import { KeyRing } from './keys.ts'
import { openApiOf } from './openapi.ts'
import { Predictor } from './predictor.ts'
import { failure, Refusal, refuse } from './problem.ts'
import { requestLog } from './request-log.ts'
import type { Route, ServiceContext, ServiceEnv } from './route.ts'
import { routeTable } from './routes.ts'
import { DOCS_FILES, type ServiceSettings } from './settings.ts'

export interface Service {
  readonly app: Hono<ServiceEnv>
  readonly predictor: Predictor
}

const INFO = {
  title: 'Hedgerow',
  version: '1',
  description: 'How unusual is what a user does? Scores behaviour events against what each user normally does.',
}

/** The HTTP API, for any runtime. */
export function createService(settings: ServiceSettings): Service {
  const { platform, corsOrigins } = settings
  const predictor = new Predictor(settings)
  // Without a key of their own, hashes last as long as this process: enough to see what one client did, of no use to others.
  const hashKey = settings.hashKey ?? crypto.randomUUID()
  const app = new Hono<ServiceEnv>()
  if (platform.around !== undefined) app.use(platform.around)
  app.use(requestLog(settings, hashKey))
  app.use(contentPolicy)
  app.use(secureHeaders())
  if (corsOrigins.length > 0) {
    app.use(
      cors({
        origin: [...corsOrigins],
        allowMethods: ['GET', 'POST', 'DELETE'],
        allowHeaders: ['authorization', 'content-type', 'content-encoding'],
        maxAge: 600,
      }),
    )
  }
  const { routes, named } = routeTable(settings.model.eventTypes, new Handlers(settings, predictor, hashKey))
  const keys = new KeyRing(settings.keys)
  for (const each of routes) addRoute(app, each, keys)
  addDocs(app, settings, openApiOf(INFO, routes, named))
  refuseOtherMethods(app)
  // The path is the client's, and may name anybody.
  const nothingThere = {
    field: 'path',
    got: 'a path that is not there',
    wanted: 'a path that /openapi.json or /docs names',
  }
  app.notFound((c) => refuse(c, new Refusal(404, nothingThere)))
  app.onError((error, c) => {
    const known = harmless(error)
    platform.log?.({
      level: 'error',
      msg: 'a failure of the service',
      error: known.name,
      where: known.stack?.split('\n'),
    })
    // What traces requests writes down what it finds here.
    c.error = known
    return refuse(c, failure())
  })
  return { app, predictor }
}

/** Nothing may run where there are only answers. Swagger UI writes styles into its elements; its scripts come from here. */
const ANSWER_POLICY = "default-src 'none'; frame-ancestors 'none'"
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'"

async function contentPolicy(c: ServiceContext, next: Next): Promise<void> {
  await next()
  c.header('Content-Security-Policy', c.req.path === '/docs' ? DOCS_POLICY : ANSWER_POLICY)
}

function addRoute(app: Hono<ServiceEnv>, { method, path, scope, serve }: Route, keys: KeyRing): void {
  const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1')
  if (scope !== undefined) app.on([method.toUpperCase()], pattern, requireScope(keys, scope))
  app.on([method.toUpperCase()], pattern, (c) => {
    c.header('Cache-Control', 'no-store')
    return orRefusal(c, () => serve(c))
  })
}

/** A refusal is an answer: thrown past here it would be an error of the service's to whoever traces requests. */
async function orRefusal(c: ServiceContext, serve: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await serve()
  } catch (error) {
    if (error instanceof Refusal) return refuse(c, error)
    throw error
  }
}

function addDocs(app: Hono<ServiceEnv>, { platform }: ServiceSettings, openApi: object): void {
  const document = JSON.stringify(openApi)
  app.get('/openapi.json', (c) => c.body(document, 200, { 'Content-Type': 'application/json' }))
  // Relative: a proxy may have put a folder before it.
  app.get('/', (c) => c.redirect('docs'))
  app.get('/docs', (c) => c.html(DOCS_PAGE))
  app.get('/docs/start.js', (c) => c.body(DOCS_SCRIPT, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }))
  for (const name of DOCS_FILES) app.get(`/docs/${name}`, (c) => platform.docsFile(name, c))
}

/** Says which methods a path takes, for every path that there is. */
function refuseOtherMethods(app: Hono<ServiceEnv>): void {
  const methods = new Map<string, Set<string>>()
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue
    const allowed = methods.get(path) ?? new Set()
    methods.set(path, allowed.add(method))
    if (method === 'GET') allowed.add('HEAD')
  }
  for (const [path, allowed] of methods) {
    const wanted = [...allowed].join(', ')
    const headers = { Allow: wanted }
    app.all(path, (c) => refuse(c, new Refusal(405, { field: 'method', got: c.req.method, wanted }, { headers })))
  }
}

/** An error without its message: the stack says where, the message might say who. */
function harmless({ name, stack }: Error): Error {
  const bare = new Error()
  bare.name = name
  bare.stack = (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
  return bare
}
