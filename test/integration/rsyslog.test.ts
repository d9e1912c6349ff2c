import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { activity, scoreIn, scoresOf } from '../plugins/activity.ts'
import { event, HOSTILE_EVENTS, HOSTILE_LINES } from '../plugins/hostile.ts'
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

function childrenOf({ pid = 0 }: ChildProcess): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const children = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'))
  return children
    .join(' ')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number)
}

function read(): string[] {
  return existsSync(output) ? readFileSync(output, 'utf8').split('\n').slice(0, -1) : []
}

async function write(messages: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  for (const message of messages) socket.write(`<134>Jan  5 10:00:00 web app: ${message}\n`)
  socket.end()
  await once(socket, 'close')
}

/** Sends messages; gives what rsyslog has made of them, so many lines. */
async function send(messages: readonly string[]): Promise<Record<string, unknown>[]> {
  const before = read().length
  await write(messages)
  await expect.poll(() => read().length - before, { timeout: 60_000, interval: 100 }).toBe(messages.length)
  return read()
    .slice(before)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
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

  it('has messages as they came that are no events, and scores those that are whatever else they hold', async () => {
    // As much of a message as rsyslog takes.
    const fitting = (lines: typeof HOSTILE_LINES): string[] =>
      lines.map(([, line]) => line).filter((line) => line !== '' && line.length < 60_000)
    const [lines, events] = [fitting(HOSTILE_LINES), fitting(HOSTILE_EVENTS)]
    const records = await send([...lines, ...events])
    expect(records.map(({ anomaly }) => typeof anomaly)).toEqual([
      ...lines.map(() => 'undefined'),
      ...events.map(() => 'object'),
    ])
    expect(records.map(({ message }) => String(message).trimStart())).toEqual(
      [...lines, ...events].map((line) => line.trimStart()),
    )
  })

  it('goes on after 10 MB in one message, of which rsyslog itself makes many', async () => {
    const before = read().length
    const good = JSON.stringify(event('bob'))
    await write([JSON.stringify(event('ada', { text: 'x'.repeat(10_000_000) })), good])
    await expect.poll(() => read().at(-1), { timeout: 60_000, interval: 100 }).toContain('bob')
    const records = read()
      .slice(before)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(records.at(-1)).toMatchObject({ anomaly: { state: 'scored' } })
    expect(records.slice(0, -1).filter(({ anomaly }) => anomaly !== undefined)).toEqual([])
  })

  it('lets every message through where what scores them is killed, and has the next ones scored again', async () => {
    const events = activity(2000, 10)
    const sending = send(events.map((event) => JSON.stringify(event)))
    const children = childrenOf(daemon)
    expect(children).toHaveLength(1)
    for (const pid of children) process.kill(pid, 'SIGKILL')
    const records = await sending
    expect(records.map(({ message }) => (JSON.parse(String(message)) as { n: number }).n)).toEqual(
      events.map(({ n }) => n),
    )
    const [again] = await send([JSON.stringify(event('ada'))])
    expect(again).toMatchObject({ anomaly: { state: 'scored' } })
  })

  it('has nothing to complain of, and ends when it is told to', async () => {
    daemon.kill('SIGTERM')
    await once(daemon, 'exit')
    expect(said).toBe('')
  })
})
