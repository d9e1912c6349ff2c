import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './command.ts'

// What there is of Docker here. Tests that need what there is not are skipped, and their names say why.

function said(...[command, ...args]: readonly [string, ...string[]]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

/** Whether an image is here, or can be had. */
export function hasImage(image: string): boolean {
  return said('docker', 'image', 'inspect', image) !== undefined || said('docker', 'pull', image) !== undefined
}

/** The image that the service's is built on. */
export const BASE_IMAGE = /^FROM (\S+) AS/m.exec(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8'))?.[1] ?? ''

/** Why no image can be built here; undefined where it can. */
export const noEngine: string | undefined = (() => {
  if (said('docker', 'version') === undefined) return 'no Docker engine answers'
  return hasImage(BASE_IMAGE) ? undefined : `there is no ${BASE_IMAGE}, nor a registry that has it`
})()

/** Why deploy/compose.yaml cannot be brought up here; undefined where it can. */
export const noCompose: string | undefined = (() => {
  if (noEngine !== undefined) return noEngine
  const [major = 0, minor = 0] = (said('docker', 'compose', 'version', '--short') ?? '0.0').split('.').map(Number)
  if (major < 2 || (major === 2 && minor < 24)) return 'there is no docker compose from 2.24 on'
  if (said('docker', 'network', 'inspect', 'bridge') === undefined) return 'the engine has no bridges'
  return said('docker', 'network', 'inspect', 'hedgerow_edge') === undefined ? undefined : 'the service itself is up'
})()

const NGINX_STAND_IN = `FROM ${BASE_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light >/dev/null \\
 && rm -rf /var/lib/nginx && ln -s /var/cache/nginx /var/lib/nginx
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
`

/** The image of nginx that deploy/compose.yaml names, or where no registry has it Debian's nginx, laid out as in that. */
export function nginxImage(): string {
  const [, named = ''] = /image: (nginx:\S+)/.exec(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8')) ?? []
  if (hasImage(named)) return named
  const standIn = 'hedgerow-nginx-stand-in'
  execFileSync('docker', ['build', '--network', 'host', '--tag', standIn, '-'], {
    input: NGINX_STAND_IN,
    stdio: 'pipe',
  })
  return standIn
}

/** What Docker tells of something, by a template. */
export function inspect(what: string, format: string): string {
  return run('docker', 'inspect', '--format', format, what).trim()
}
