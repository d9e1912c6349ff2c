import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { scratch } from '../cli/command.ts'
import { event } from './hostile.ts'
import { configuration, runnable, started } from './pipelines-page.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { path, remove } = scratch()
afterAll(remove)

describe('docs/pipelines.md', { timeout: 60_000 }, () => {
  it('shows the OpenTelemetry example as it runs', () => {
    const example = readFileSync(join(root, 'examples/otel/telemetry.ts'), 'utf8')
    const published = example.replace("'../../plugins/otel.ts'", "'hedgerow/plugins/otel'")
    const imports = (text: string): string[] => text.match(/^import .*$/gm)?.sort() ?? []
    const page = configuration('examples/otel/telemetry.ts')
    // The linter sorts imports by where they come from, which differs.
    expect(imports(page)).toEqual(imports(published))
    expect(page.replaceAll(/^import .*\n/gm, '')).toBe(published.replaceAll(/^import .*\n/gm, ''))
  })

  it('has a program for streams that passes on what it is given, with verdicts', async () => {
    const { lines } = await runnable('stream.js', `${JSON.stringify(event('ada'))}\nnothing\n`)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ user_id: 'ada', anomaly: { state: 'scored' } })
    expect(lines.slice(1)).toEqual(['nothing'])
  })

  it('has a receiver for Node that forwards what is posted to it', async () => {
    const received: string[] = []
    const siem = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        received.push(...gunzipSync(Buffer.concat(chunks)).toString().trimEnd().split('\n'))
        response.end()
      })
    })
    await new Promise<void>((resolve) => siem.listen(0, '127.0.0.1', resolve))
    const sink = siem.address() as AddressInfo
    const env = { ...process.env, LOG_SECRET: 'hush', SIEM_URL: `http://127.0.0.1:${sink.port}/` }
    const { port, stop } = await started('receiver.js', 8787, env)
    try {
      const post = (authorization: string) =>
        fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          headers: { authorization },
          body: `${JSON.stringify(event('ada'))}\nnothing\n`,
        })
      expect((await post('Bearer loud')).status).toBe(401)
      expect(await (await post('Bearer hush')).json()).toMatchObject({ records: 2, scored: 1, passed: 1 })
      expect(JSON.parse(received[0] ?? '')).toMatchObject({ user_id: 'ada', anomaly: { state: 'scored' } })
      expect(received.slice(1)).toEqual(['nothing'])
    } finally {
      await stop()
      siem.close()
    }
  })

  it('has a pipe that answers lines as they are logged, and keeps what it has learnt', async () => {
    const command = `'${process.execPath}' '${join(root, 'src/cli/hedgerow.ts')}'`
    mkdirSync(path('bin'))
    writeFileSync(path('bin/hedgerow'), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 })
    const env = { ...process.env, PATH: `${path('bin')}:${process.env.PATH}` }
    writeFileSync(path('access.json'), '')
    const script = configuration('pipe.sh').trimEnd()
    const shell = spawn('sh', ['-c', script], { cwd: path(''), env, detached: true })
    try {
      for (let i = 1; i <= 3; i++) {
        appendFileSync(path('access.json'), `${JSON.stringify(event(`user-${i}`))}\n`)
        const lines = (): number =>
          existsSync(path('scored.ndjson')) ? readFileSync(path('scored.ndjson'), 'utf8').split('\n').length - 1 : 0
        await expect.poll(lines, { timeout: 20_000 }).toBe(i)
      }
    } finally {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGTERM')
      await once(shell, 'close')
    }
    await expect.poll(() => readFileSync(path('habits')).length, { timeout: 20_000 }).toBeGreaterThan(500)
  })
})
