import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { activity, scoreIn, scoresOf } from '../plugins/activity.ts'
import { HOSTILE_LINES } from '../plugins/hostile.ts'
import { configuration } from '../plugins/pipelines-page.ts'
import { freePort, fromDebian, listening } from './need.ts'

// A real rsyslogd with the configuration of docs/pipelines.md: messages in over TCP, enriched messages out to a file.

const COMMAND = `${process.execPath} ${fileURLToPath(new URL('../../src/cli/hedgerow.ts', import.meta.url))}`

const folder = mkdtempSync(join(tmpdir(), 'hedgerow-rsyslog-'))
const output = join(folder, 'requests.ndjson')
let daemon: ChildProcess
let said = ''
let port: number

beforeAll(async () => {
  const rsyslogd = await fromDebian('rsyslogd', 'rsyslog')
  port = await freePort()
  const page = configuration('rsyslog.conf')
  const config = page
    .replace('port="5514"', `port="${port}"`)
    .replace('/var/log/requests.ndjson', output)
    .replace('/usr/local/bin/hedgerow', COMMAND)
  writeFileSync(join(folder, 'rsyslog.conf'), config)
  daemon = spawn(rsyslogd, ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')])
  daemon.stderr?.on('data', (text: Buffer) => {
    said += text.toString()
  })
  await listening(port)
})
afterAll(async () => {
  if (daemon?.exitCode === null) {
    daemon.kill('SIGTERM')
    await once(daemon, 'exit')
  }
  rmSync(folder, { recursive: true })
})

/** Sends messages; gives what rsyslog has made of them, so many lines. */
async function send(messages: readonly string[]): Promise<Record<string, unknown>[]> {
  const before = existsSync(output) ? readFileSync(output, 'utf8').split('\n').length - 1 : 0
  const socket = connect(port, '127.0.0.1')
  for (const message of messages) socket.write(`<134>Jan  5 10:00:00 web app: ${message}\n`)
  socket.end()
  await once(socket, 'close')
  const lines = (): string[] => (existsSync(output) ? readFileSync(output, 'utf8').split('\n').slice(before, -1) : [])
  await expect.poll(() => lines().length, { timeout: 60_000, interval: 100 }).toBe(messages.length)
  return lines().map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('rsyslog', () => {
  it('has each message in order with the score of the engine', async () => {
    const events = activity(1000, 10)
    const records = await send(events.map((event) => JSON.stringify(event)))
    expect(records.map(({ message }) => (JSON.parse(String(message)) as { n: number }).n)).toEqual(
      events.map(({ n }) => n),
    )
    expect(records.map((record) => scoreIn(JSON.stringify(record)))).toEqual(scoresOf(events))
  })

  it('has messages as they came that are no events', async () => {
    const lines = HOSTILE_LINES.map(([, line]) => line).filter((line) => line !== '' && line.length < 60_000)
    const records = await send(lines)
    expect(records.map(({ anomaly }) => anomaly)).toEqual(lines.map(() => undefined))
    expect(records.map(({ message }) => String(message).trimStart())).toEqual(lines)
  })

  it('has nothing to complain of, and ends when it is told to', async () => {
    daemon.kill('SIGTERM')
    await once(daemon, 'exit')
    expect(said).toBe('')
  })
})
