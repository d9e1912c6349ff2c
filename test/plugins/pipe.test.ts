import { once } from 'node:events'
import { afterAll, describe, expect, it } from 'vitest'
import { run, scratch, start } from '../cli/command.ts'
import { activity, scoreIn, scoresOf } from './activity.ts'
import { event, HOSTILE_EVENTS, HOSTILE_LINES } from './hostile.ts'

// `hedgerow score -` as other programs run it: a filter between two pipes.

const LINES = 200_000
const { path, remove } = scratch()
afterAll(remove)

describe('hedgerow score -', { timeout: 60_000 }, () => {
  it(`answers ${LINES.toLocaleString('en')} lines in order, each with the score of the engine`, async () => {
    const events = activity(LINES, 500)
    const { code, stdout } = await run(
      ['score', '-', '-q', '--no-reasons'],
      events.map((each) => `${JSON.stringify(each)}\n`).join(''),
    )
    expect(code).toBe(0)
    const lines = stdout.split('\n').slice(0, -1)
    expect(lines.length).toBe(LINES)
    expect(lines.findIndex((line, i) => !line.startsWith(`{"n":${i},`))).toBe(-1)
    const wanted = scoresOf(events)
    expect(lines.findIndex((line, i) => scoreIn(line) !== wanted[i])).toBe(-1)
  }, 180_000)

  it('reads no faster than what it writes is read', async () => {
    const { child } = start(['score', '-', '-q'])
    child.stdout.pause()
    const line = `${JSON.stringify(event('ada', { note: 'x'.repeat(900) }))}\n`
    const batch = line.repeat(100)
    // Its pipes and buffers hold some; of 20 MB it takes no more while nobody reads.
    let written = 0
    for (let drained = true; drained && written < 200; ) {
      written++
      if (child.stdin.write(batch)) continue
      drained = await Promise.race([once(child.stdin, 'drain').then(() => true), pause(2000).then(() => false)])
    }
    expect(written).toBeLessThan(60)
    let got = 0
    child.stdout.on('data', (text: string) => {
      got += text.split('\n').length - 1
    })
    child.stdin.end()
    child.stdout.resume()
    await once(child, 'close')
    expect(got).toBe(written * 100)
  })

  it('answers what it has read when it is told to end, saves its baselines, and ends well', async () => {
    const { child, ended } = start(['score', '-', '--save-baselines', path('after.baselines')])
    child.stdin.write(`${JSON.stringify(event('ada'))}\n`)
    await once(child.stdout, 'data')
    child.stdin.write(`${JSON.stringify(event('bob'))}\n${JSON.stringify(event('cy'))}`)
    await pause(100)
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await ended
    expect(code).toBe(0)
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { user_id: string }).user_id),
    ).toEqual(['ada', 'bob', 'cy'])
    expect(stderr).toContain('3 events scored')
    const { code: again } = await run(['score', '-', '-q', '--baselines', path('after.baselines')], '{}\n')
    expect(again).toBe(0)
  })

  it('ends quietly when whoever reads goes away', async () => {
    const { child, ended } = start(['score', '-'])
    const line = `${JSON.stringify(event('ada'))}\n`
    child.stdin.write(line)
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const timer = setInterval(() => child.stdin.write(line.repeat(100)), 5)
    const { code, stderr } = await ended
    clearInterval(timer)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('answers each hostile line in its place, between events that are scored', async () => {
    const good = JSON.stringify(event('bob'))
    const lines = [...HOSTILE_LINES, ...HOSTILE_EVENTS]
    const input = lines.map(([, line]) => `${line}\n${good}\n`).join('')
    const { code, stdout } = await run(['score', '-', '-q'], `${good}\n${input}`)
    expect(code).toBe(0)
    const [first = '', ...answers] = stdout.split('\n').slice(0, -1)
    expect(answers.length).toBe(2 * lines.length)
    expect([first, ...answers.filter((_, i) => i % 2 === 1)].map((each) => typeof scoreIn(each))).toEqual(
      Array(lines.length + 1).fill('number'),
    )
    for (const [i, [what, line]] of lines.entries()) {
      const answer = answers[2 * i] ?? ''
      expect([what, saysAll(answer, line)]).toEqual([what, true])
      const scored = answer !== '' && answer.length < 1_000_000 && scoreIn(answer) !== undefined
      expect([what, scored]).toEqual([what, i >= HOSTILE_LINES.length && line.length < 1_000_000])
    }
  })
})

/** Whether an answer holds all of the line that it answers: as it was written, or as text. */
function saysAll(answer: string, line: string): boolean {
  if (answer === line) return true
  const { text } = JSON.parse(answer) as { text?: unknown }
  return text === line || answer.startsWith(line.slice(0, line.lastIndexOf('}')))
}

describe('hedgerow score - --rsyslog', { timeout: 60_000 }, () => {
  it('answers each message with one line, in order and at once', async () => {
    const { child, ended } = start(['score', '-', '--rsyslog'])
    const ask = async (message: string): Promise<unknown> => {
      child.stdin.write(`${message}\n`)
      const [reply] = (await once(child.stdout, 'data')) as [string]
      expect(reply.endsWith('}\n')).toBe(true)
      return JSON.parse(reply)
    }
    const scored = { '$!': { anomaly: { state: 'scored' } } }
    expect(await ask(JSON.stringify(event('ada')))).toMatchObject(scored)
    expect(await ask('disk is full')).toEqual({})
    expect(await ask(` @cee: ${JSON.stringify({ method: 'GET', uri: '/', remote_addr: '192.0.2.1' })}`)).toMatchObject(
      scored,
    )
    expect(await ask('192.0.2.1 - ada [05/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"')).toMatchObject(
      scored,
    )
    for (const [, line] of HOSTILE_LINES) expect(await ask(line)).toEqual({})
    for (const [, line] of HOSTILE_EVENTS.filter(([, text]) => text.length < 1_000_000))
      expect(await ask(line)).toMatchObject(scored)
    child.stdin.end()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('takes the standard input alone', async () => {
    const { code, stderr } = await run(['score', path('none'), '--rsyslog'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^hedgerow: /)
  })

  it('gives the same scores as the engine', async () => {
    const events = activity(500, 5)
    const { stdout } = await run(
      ['score', '-', '--rsyslog'],
      events.map((each) => `${JSON.stringify(each)}\n`).join(''),
    )
    const got = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => scoreIn(JSON.stringify((JSON.parse(line) as { '$!': object })['$!'])))
    expect(got).toEqual(scoresOf(events))
  })
})

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
