import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

// The service as a process of its own, asked over sockets.

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Server {
  readonly port: number
  /** Where it speaks HTTP/2 too; undefined where it was not asked to. */
  readonly http2Port: number | undefined
  readonly url: string
  readonly child: ChildProcess
  /** What it has written to its log so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[]
  /** Asks it to end. @returns its exit code */
  readonly end: () => Promise<number | null>
}

/** Starts `hedgerow serve` at a port that is free. @throws with what it said, where it does not start */
export async function serve(
  settings: Readonly<Record<string, string>> = {},
  command: readonly string[] = ['src/cli/hedgerow.ts'],
): Promise<Server> {
  const env = { PATH: process.env.PATH, HEDGEROW_PORT: '0', HEDGEROW_DRAIN_DELAY_SEC: '0', ...settings }
  const child = spawn(process.execPath, [...command, 'serve'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const log: Readonly<Record<string, unknown>>[] = []
  const listening = Promise.withResolvers<Readonly<Record<string, unknown>>>()
  createInterface(child.stdout).on('line', (line) => {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>
    log.push(entry)
    if (entry.msg === 'listening') listening.resolve(entry)
  })
  const failed = ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${complaint}`)))
  const { port: told, http2_port: http2Port } = await Promise.race([listening.promise, failed])
  failed.catch(() => undefined)
  const port = Number(told)
  return {
    port,
    http2Port: http2Port === undefined ? undefined : Number(http2Port),
    url: `http://127.0.0.1:${port}`,
    child,
    log,
    end() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** Sends bytes as they are, and gives what comes back until the server closes. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let got = ''
  for await (const chunk of socket.setEncoding('utf8')) got += chunk
  return got
}

/** Waits until something holds. @throws where it does not within ten seconds */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`waited in vain: ${what}`)
}
