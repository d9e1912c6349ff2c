import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { requestTarget } from '../demo/access-log.ts'
import { TIME_HEADER } from '../demo/headers.ts'

// `npm run demo` as it stands: a process of its own, workerd, real requests.

const root = fileURLToPath(new URL('..', import.meta.url))
const fixture = 'test/fixtures/access-log.txt'

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function demo(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['demo/main.ts', ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
    })
  })
}

/** `  requests of intruders   115 of   161   71.4%` as numbers. */
function figures(text: string, what: string): { readonly part: number; readonly whole: number } {
  const line = text.split('\n').find((candidate) => candidate.trim().startsWith(what)) ?? ''
  const [, part = '', whole = ''] = /([\d,]+) of +([\d,]+) /.exec(line) ?? []
  return { part: Number(part.replace(',', '')), whole: Number(whole.replace(',', '')) }
}

interface PrintedSpan {
  readonly name: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

function printedSpan(text: string): ReadonlyMap<string, unknown> {
  const json = /^\{$.*?^\}$/ms.exec(text)?.[0] ?? ''
  const { attributes } = JSON.parse(json) as PrintedSpan
  return new Map(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

/** What differs from run to run: ids, ports and the time of the day. */
const withoutChance = (text: string): string =>
  text.replaceAll(/"(traceId|spanId|startTimeUnixNano|endTimeUnixNano)": "\w+"|127\.0\.0\.1:\d+|[0-9a-f-]{36}/g, '*')

describe('npm run demo', () => {
  it('replays a day, twice with the same figures, and catches intruders rather than users', async () => {
    const { code, stdout, stderr } = await demo('--users', '120')
    expect(stderr).toBe('')
    expect(code).toBe(0)

    const [, requests = '', scored, spans] =
      /^([\d,]+) requests: ([\d,]+) scored, 0 not scored\. ([\d,]+) spans exported\.$/m.exec(stdout) ?? []
    const intruders = figures(stdout, 'requests of intruders')
    const sessions = figures(stdout, 'sessions of intruders')
    const others = figures(stdout, 'requests of everybody else')
    expect(scored).toBe(requests)
    expect(spans).toBe(requests)
    expect(intruders.whole + others.whole).toBe(Number(requests.replace(',', '')))
    expect(intruders.whole).toBeGreaterThan(20)
    expect(sessions.part).toBeGreaterThan(0)
    expect(intruders.part / intruders.whole).toBeGreaterThan(0.4)
    expect(others.part / others.whole).toBeLessThan(0.04)

    const again = await demo('--users', '120')
    expect(withoutChance(again.stdout)).toBe(withoutChance(stdout))
  }, 60_000)

  it('shows who was strangest and why, and the span of it as exported', async () => {
    const { stdout } = await demo('--users', '60')
    const [head = '', first = '', reasons = ''] = stdout.slice(stdout.indexOf('  user ')).split('\n')
    expect(head.split(/ {2,}/).slice(1)).toEqual([
      ...['user', 'time, UTC', 'what they did', 'score', 'pctile', 'who it was'],
    ])
    const [, user, time, what, score = '', percentile] = first.split(/ {2,}/)
    expect(user).toMatch(/^u\d+$/)
    expect(time).toMatch(/^\d\d:\d\d:\d\d$/)
    expect(what).toMatch(/^(GET|POST) \/(login|logout|reports)/)
    expect(reasons).toMatch(/^ {8,}\S.*, usually/)

    const attributes = printedSpan(stdout)
    expect(attributes.get('http.request.method')).toBe(what?.split(' ')[0])
    expect(Number(attributes.get('anomaly.isolation_score')).toFixed(3)).toBe(score)
    expect(Number(attributes.get('anomaly.percentile')).toFixed(4)).toBe(percentile)
    expect(attributes.get('anomaly.is_anomaly')).toBe(true)
    expect(attributes.get('anomaly.model_name')).toBe('hedgerow-behavior')
    expect(attributes.get('anomaly.decision')).toBe('allow')
    expect(attributes.get('anomaly.mode')).toBe('observe')
    expect([...attributes.keys()].filter((key) => key.startsWith('user'))).toEqual([])
    for (const line of stdout.slice(0, stdout.indexOf('{')).split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  }, 60_000)

  it('says how to use it', async () => {
    const help = await demo('--help')
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('--log FILE')
    expect(await demo('--users', '1.5')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'demo: --users: got "1.5", wanted an integer from 20 to 2000\n',
    })
    expect(await demo('--logs')).toEqual({ code: 2, stdout: '', stderr: "demo: Unknown option '--logs'\n" })
  }, 60_000)
})

describe('npm run demo -- --log FILE', () => {
  it('accounts for every line, those that HTTP cannot send included', async () => {
    const { code, stdout } = await demo('--log', fixture)
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, 8)).toEqual([
      '40 lines: 32 replayed, 1 refused, 6 unsendable, 1 blank',
      '  line 15: user agent is not terminated',
      '  line 20: CONNECT asks for a tunnel, not for an answer',
      '  line 21: the request names no path',
      '  line 22: what was sent to the port was no HTTP request',
      '  line 23: what was sent to the port was no HTTP request',
      '  and 2 more',
      '32 requests: 32 scored, 0 not scored. 32 spans exported.',
    ])
    expect(stdout).toMatch(/^ {2}203\.0\.113\.9 +2026-03-12 07:11:11 +GET \/wp-login\.php\?try=\d /m)
    expect(printedSpan(stdout).get('http.response.status_code')).toBe(404)
  }, 60_000)

  it('stops after the lines that were asked for', async () => {
    const { stdout } = await demo('--log', fixture, '--limit', '16')
    expect(stdout).toContain('16 lines: 15 replayed, 1 refused: line 15: user agent is not terminated\n')
  }, 60_000)

  it.each([
    ['no-such-file', 'there is no such file'],
    ['test', 'this is a folder'],
    ['package.json', 'no line of it is a request of an access log; line 1: client address is missing\n'],
  ])(
    'fails in one line for %s',
    async (file, message) => {
      const { code, stdout, stderr } = await demo('--log', file)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^demo: .*\n$/)
      expect(stderr).toContain(`demo: ${file}: ${message}`)
    },
    60_000,
  )

  // The log is not part of this repository: HEDGEROW_DATA names the directory that has it, in `semicomplete_apache/`.
  const { HEDGEROW_DATA = fileURLToPath(new URL('../../shared/data', import.meta.url)) } = process.env
  const log = `${HEDGEROW_DATA}/semicomplete_apache/raw/apache_logs.gz`
  it.skipIf(!existsSync(log))(
    'replays 9,999 of 10,000 real requests',
    async () => {
      const { code, stdout } = await demo('--log', log)
      expect(code).toBe(0)
      expect(stdout).toContain('10,000 lines: 9,999 replayed, 1 refused: line 8899: user agent is not terminated\n')
      expect(stdout).toContain('9,999 requests: 9,999 scored, 0 not scored. 9,999 spans exported.\n')
    },
    60_000,
  )
})

describe('a path of a log as a request target', () => {
  it.each([
    ['/reports/7?sort=a&b[]=%20', '/reports/7?sort=a&b[]=%20'],
    ['/caf\\xc3\\xa9?q=\\"x\\\\"', '/caf%c3%a9?q=%22x%5C%22'],
    ['/\\\\x41\\q', '/%5Cx41%5Cq'],
    ['/a|b{c}^`<d>#e f', '/a%7Cb%7Bc%7D%5E%60%3Cd%3E%23e%20f'],
    ['/caf\u00e9\ud83d\udd11\ud800', '/caf%C3%A9%F0%9F%94%91%EF%BF%BD'],
    ['http://elsewhere.example/judge.php?ip=1', '/judge.php?ip=1'],
    ['https://elsewhere.example?ip=1', '/?ip=1'],
    ['*', undefined],
    ['elsewhere.example:443', undefined],
  ])('%j is %j', (path, target) => {
    expect(requestTarget(path)).toBe(target)
  })
})

describe('the example Worker', () => {
  it('has none of the seam by which the demo sets the time', async () => {
    const { outputFiles } = await build({
      entryPoints: [`${root}/examples/worker/index.ts`],
      bundle: true,
      format: 'esm',
      write: false,
      conditions: ['workerd', 'worker', 'browser'],
      logLevel: 'silent',
    })
    const [bundle] = outputFiles
    expect(bundle?.text).toContain('isolation')
    expect(bundle?.text).not.toContain(TIME_HEADER)
    expect(bundle?.text).not.toContain('x-demo')
  })
})
