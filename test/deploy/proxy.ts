import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ClientRequest } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { join } from 'node:path'
import { until } from '../service/process.ts'
import { AUTHORISED, background, freePort, newFolder, root, run } from './command.ts'

// A real nginx with deploy/nginx.conf. Only addresses and the place of the certificate are others than in
// deploy/compose.yaml.

export const HOST = 'service.example.com'

export interface Asked {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface Front {
  readonly http: number
  readonly https: number
  /** The file of the certificate that it shows. */
  readonly certificate: string
  /** What a request over TLS begins from. */
  readonly options: RequestOptions
  readonly ask: (method: string, path: string, body?: string, options?: RequestOptions) => Promise<Asked>
}

export interface StartedFront extends Front {
  readonly stop: () => Promise<void>
}

/** Where a service listens. */
interface Ports {
  readonly port: number
  readonly http2Port: number | undefined
}

/** Starts nginx in front of a service, and waits until that answers through it. */
export async function startNginx(service: Ports): Promise<StartedFront> {
  const folder = newFolder()
  const [http, https] = [await freePort(), await freePort()]
  run('deploy/make-certificate.sh', HOST, join(folder, 'tls'))
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, http, https, service))
  const nginx = background('nginx', '-c', join(folder, 'nginx.conf'), '-p', folder, '-g', 'daemon off;')
  const front = frontOf(http, https, join(folder, 'tls/fullchain.pem'))
  await until('nginx answers', () =>
    front.ask('GET', '/health').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  return {
    ...front,
    async stop() {
      const ended = once(nginx, 'exit')
      nginx.kill('SIGQUIT')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

/** An nginx that runs, as clients see it. */
export function frontOf(http: number, https: number, certificate: string): Front {
  const options = {
    port: https,
    host: '127.0.0.1',
    servername: HOST,
    ca: readFileSync(certificate),
    headers: AUTHORISED,
  }
  return {
    http,
    https,
    certificate,
    options,
    async ask(method, path, body, more = {}) {
      const asking = request({ ...options, method, path, ...more })
      asking.end(body)
      const [response] = await once(asking, 'response')
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      return { status: response.statusCode, headers: response.headers, text }
    },
  }
}

function configuration(folder: string, http: number, https: number, { port, http2Port }: Ports): string {
  const replacements: readonly (readonly [from: string | RegExp, to: string])[] = [
    [/^ *listen \[::\]:.*\n/gm, ''],
    ['listen 80 ', `listen 127.0.0.1:${http} `],
    ['listen 443 ', `listen 127.0.0.1:${https} `],
    ['server hedgerow:8000', `server 127.0.0.1:${port}`],
    ['server hedgerow:8001', `server 127.0.0.1:${http2Port}`],
    ['pid /run/nginx.pid', `pid ${join(folder, 'nginx.pid')}`],
    [/\/etc\/nginx\/tls\//g, `${join(folder, 'tls')}/`],
  ]
  let text = readFileSync(join(root, 'deploy/nginx.conf'), 'utf8')
  for (const [from, to] of replacements) {
    const replaced = text.replace(from, to)
    if (replaced === text) throw new Error(`deploy/nginx.conf no longer has ${from}`)
    text = replaced
  }
  return text
}

/** The older service's example, asked with curl over TLS. @returns its answer */
export function askWithCurl({ https, certificate }: Front): unknown {
  const { authorization } = AUTHORISED
  const event =
    '{"user_id":123,"event_type":"login","session_duration_sec":18000,"events_in_session":190,"hour_of_day":2,"day_of_week":1,"device_type":"desktop"}'
  const args = ['--silent', '--fail', '--cacert', certificate, '--resolve', `${HOST}:${https}:127.0.0.1`]
  const headers = ['-H', 'content-type: application/json', '-H', `authorization: ${authorization}`]
  return JSON.parse(run('curl', ...args, ...headers, '-d', event, `https://${HOST}:${https}/predict`))
}

/** The text of the answer to a request that may still be under way. */
export function answerTo(asking: ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    asking.on('error', reject).on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text)).on('error', reject)
    })
  })
}
