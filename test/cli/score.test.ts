import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { accessLine, csvLine, HEADER, jsonLine } from '../records/reading.ts'
import { PATIENCE_MS, recordsOf, run, scratch, start } from './command.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

const { path, remove } = scratch()
afterAll(remove)

describe('hedgerow score', () => {
  it('leaves the text of a JSON record as it was, and adds the verdict at its end', async () => {
    const line =
      '{ "user_id":7, "big":12345678901234567890, "pi":3.140,"event_type":"view", "device_type":"desktop","timestamp":"2026-01-05T10:00:00Z" }'
    const { code, stdout, stderr } = await run(['score', '-'], `${line}\n`)
    expect(stdout.startsWith(`${line.slice(0, -1)},"anomaly":{"state":"scored","isolation_score":0.`)).toBe(true)
    expect(stdout.endsWith('}}\n')).toBe(true)
    expect(stderr).toBe('1 event scored, 0 anomalies (0.00%)\n')
    expect(code).toBe(0)
  })

  it('gives each record in order with its verdict, and what is no record as a text that loses nothing', async () => {
    const lines = [jsonLine('a'), 'no "JSON" \\ at all', jsonLine('b', { event_type: 'fly' }), '', jsonLine('c')]
    const { code, stdout, stderr } = await run(
      ['score', '-', '--max-line-bytes', '300'],
      `${lines.join('\n')}\n${'x'.repeat(1000)}\n`,
    )
    expect(code).toBe(0)
    const out = stdout.split('\n')
    expect(out.length).toBe(7)
    expect(out[3]).toBe('')
    const [a, text, fly, c, long] = recordsOf(stdout.replace('\n\n', '\n'))
    expect(a?.user_id).toBe('a')
    expect(text).toMatchObject({
      line: 2,
      text: lines[1],
      anomaly: { state: 'not_scored', why: 'bad_event', problem: 'not valid JSON' },
    })
    expect(fly).toMatchObject({ user_id: 'b', event_type: 'fly', anomaly: { state: 'not_scored', why: 'bad_event' } })
    expect(c).toMatchObject({ user_id: 'c', anomaly: { state: 'scored', is_anomaly: false } })
    expect(long).toMatchObject({ line: 6, text: 'x'.repeat(1000), anomaly: { problem: 'longer than 300 bytes' } })
    expect(stderr).toContain(
      '3 lines refused:\n  -: line 2: not valid JSON\n  -: line 3: event_type: got "fly", wanted one of login,',
    )
  })

  it('reads several files as one log, each in its own format, gzipped or not', async () => {
    writeFileSync(path('a.csv'), `${HEADER}\n${csvLine('kim')}\n`)
    writeFileSync(path('b.ndjson.gz'), gzipSync(`${jsonLine('lee')}\n`))
    writeFileSync(path('c.log'), `${accessLine('192.0.2.1')}\n`)
    const { code, stdout } = await run(['score', path('a.csv'), path('b.ndjson.gz'), path('c.log'), '-q'])
    expect(code).toBe(0)
    const [csv, json, access] = recordsOf(stdout)
    expect(csv).toMatchObject({ user_id: 'kim', session_duration_sec: '12.5', anomaly: { state: 'scored' } })
    expect(json).toMatchObject({ user_id: 'lee', anomaly: { state: 'scored' } })
    expect(access).toMatchObject({ client: '192.0.2.1', status: 200, anomaly: { state: 'scored' } })
  })

  it('answers each line without waiting for the next', async () => {
    const { child, ended } = start(['score', '-', '-q'])
    for (const user of ['a', 'b', 'c']) {
      child.stdin.write(`${jsonLine(user)}\n`)
      const [answer] = (await once(child.stdout, 'data')) as [string]
      expect(recordsOf(answer).map((record) => record.user_id)).toEqual([user])
    }
    child.stdin.end()
    expect((await ended).code).toBe(0)
  })

  it('ends at the first refused line when it is strict, with what came before it written', async () => {
    const { code, stdout, stderr } = await run(['score', '-', '--strict'], `${jsonLine('a')}\n{}\n${jsonLine('b')}\n`)
    expect(code).toBe(2)
    expect(recordsOf(stdout).length).toBe(1)
    expect(stderr).toMatch(
      /^hedgerow: -: line 2: user_id: got nothing, wanted text of 1 to 256 characters, or an integer/,
    )
    expect(stderr.split('\n').length).toBe(2)
  })

  it('goes on where it left off, with baselines that it has saved', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => jsonLine('kim', { timestamp: `2026-01-05T10:${10 + i}:00Z` }))
    const baselines = path('kim.baselines')
    await run(['score', '-', '-q', '--save-baselines', baselines], `${lines.slice(0, 11).join('\n')}\n`)
    const second = await run(['score', '-', '-q', '--baselines', baselines], `${lines[11]}\n`)
    const whole = await run(['score', '-', '-q'], `${lines.join('\n')}\n`)
    expect(second.stdout).toBe(whole.stdout.split('\n').slice(11).join('\n'))
    expect(recordsOf(second.stdout)[0]?.anomaly).toMatchObject({ 'baseline.level': 'user' })
  })

  it('ends quietly when nobody reads any more', async () => {
    const { child, ended } = start(['score', '-', '-q'])
    child.stdout.destroy()
    const line = `${jsonLine('a')}\n`
    for (let i = 0; i < 200 && child.stdin.writable; i++) child.stdin.write(line.repeat(1000))
    const { code, stderr } = await ended
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  it('ends at once when it is interrupted while it waits for input, and writes nothing then', async () => {
    const baselines = path('never.baselines')
    const { child, ended } = start(['score', '-', '-q', '--save-baselines', baselines])
    child.stdin.write(`${jsonLine('a')}\n`)
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect(stderr).toBe('hedgerow: interrupted\n')
    expect(code).toBe(130)
    expect(existsSync(baselines)).toBe(false)
  })
})

describe('what is wrong with a call', () => {
  it.each([
    ['a file that is not there', ['score', 'nowhere.csv'], 'cannot read nowhere.csv: no such file or folder'],
    [
      'a model that is none',
      ['score', '-', '--model', 'package.json'],
      'package.json: model: got other bytes than a model file begins with',
    ],
    ['a mapping of no field', ['score', '-', '--map', 'foo=bar'], '--map: "foo" is no field of an event'],
    [
      'thresholds that contradict',
      ['score', '-', '--adaptive', '0.99,0.999'],
      'adaptive.lowest: got 0.99, wanted a number from 0 to 0.98',
    ],
    [
      'a number that is none',
      ['train', '-', '--out', 'x', '--trees', 'ten'],
      "option '--trees <n>' argument 'ten' is invalid. Wanted an integer from 1 to 4096.",
    ],
    ['an option of no command', ['score', '-', '--tree', '1'], "unknown option '--tree'"],
  ])('%s is said in one line', async (_, args, said) => {
    const { code, stdout, stderr } = await run(args)
    expect(stderr.split('\n')[0]?.startsWith(`hedgerow: ${said}`)).toBe(true)
    expect(stderr.trimEnd().split('\n').length).toBe(1)
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })

  it('and how the command ends stands in its help', async () => {
    const { code, stdout } = await run(['score', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('Exit codes:\n  0    done')
  })

  it('has a name of the package’s that starts it, and its version', async () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: unknown; version: string }
    expect(manifest.bin).toEqual({ hedgerow: 'dist/cli/hedgerow.js' })
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` })
  })
})
