import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'hedgerow-model-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('npm run model', () => {
  execFileSync(process.execPath, [join(root, 'model/make.ts'), directory])

  it.each(['default.hedgerow', 'default-bytes.ts', 'card.md'])('makes %s to the byte as it is committed', (name) => {
    expect(readFileSync(join(directory, name)).equals(readFileSync(join(root, 'model', name)))).toBe(true)
  })

  it('writes the activity without a word of what is odd, and the labels in a file of their own', () => {
    const events = readFileSync(join(directory, 'events.csv'), 'utf8').trimEnd().split('\n')
    const labels = readFileSync(join(directory, 'labels.csv'), 'utf8').trimEnd().split('\n')
    expect(events[0]).toBe(
      'timestamp,user_id,event_type,session_duration_sec,events_in_session,hour_of_day,day_of_week,device_type',
    )
    expect(labels[0]).toBe('row,kind')
    expect(events.length).toBe(labels.length)
    expect(events.length).toBeGreaterThan(50_000)
    const kinds = labels.slice(1).map((line) => line.split(',')[1] ?? '')
    const odd = kinds.filter((kind) => kind !== '')
    expect(odd.length / kinds.length).toBeGreaterThan(0.015)
    expect(odd.length / kinds.length).toBeLessThan(0.025)
    expect(new Set(odd).size).toBeGreaterThanOrEqual(6)
  })
})
