import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { recipe } from '../../model/recipe.ts'
import { train } from '../../model/train.ts'
import { inputsOf } from '../../src/cli/inputs.ts'
import { readLabels } from '../../src/cli/labels.ts'
import { OrderCheck } from '../../src/cli/order.ts'
import { readInputs } from '../../src/cli/records.ts'
import { Refusals } from '../../src/cli/refusals.ts'
import { html } from '../../src/cli/report/html.ts'
import { reportOf } from '../../src/cli/report/index.ts'
import type { BehaviorEvent } from '../../src/event.ts'
import { jsonLine } from '../records/reading.ts'
import { scratch } from './command.ts'

const { path, remove } = scratch()
afterAll(remove)

/** What somebody who writes into a log would like to see in an operator's browser. */
const HOSTILE = `</li><script>alert(1)</script><img src=x onerror=alert(2)>"'&\u202e`

describe('the report', () => {
  it('is one page that needs nothing else, and runs nothing that the log brought along', async () => {
    const events = Array.from({ length: 300 }, (_, i) =>
      jsonLine(i % 2 === 0 ? HOSTILE : 'kim', {
        timestamp: new Date(Date.UTC(2026, 0, 5) + i * 600_000).toISOString(),
      }),
    )
    const hostileLine = jsonLine('kim', { event_type: '<b>fly</b>' })
    writeFileSync(path('hostile.ndjson'), `${events.join('\n')}\n${hostileLine}\n`)
    writeFileSync(path('labels.csv'), `row,kind\n5,<script>odd</script>\n`)
    const page = await reportOn(path('hostile.ndjson'), path('labels.csv'))

    expect(page.match(/<(script|img|link|iframe|object)/g)).toBeNull()
    expect(page).not.toContain('\u202e')
    expect(page.match(/https?:\/\/[^"' ]+/g)?.filter((url) => !url.startsWith('http://www.w3.org/'))).toEqual([])
    expect(page).toContain(
      '<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;'.replaceAll('&#39;', "'"),
    )
    expect(page).toContain(
      '&lt;/li&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&quot;&#39;&amp;\ufffd',
    )
    expect(page).toContain('<bdi>&lt;script&gt;odd&lt;/script&gt;</bdi>')
    expect(page).toContain('line 301: event_type: got &quot;&lt;b&gt;fly&lt;/b&gt;&quot;, wanted one of')
    expect(page).toContain('<b>300</b><span>events</span>')
    expect(page).toContain('<b>1</b><span>lines refused</span>')
    // Two curves, score, two by hour, two over time drawn twice, and one for each of the eleven features.
    // A feature that is the same for every event has a word instead of a chart.
    const constant = page.match(/The same for every event\./g)?.length ?? 0
    expect(page.match(/<svg /g)?.length).toBe(2 + 3 + 4 + 11 - constant)
    expect(constant).toBeLessThan(9)
    expect(page.match(/var\(--flagged\)/g)?.length).toBeGreaterThan(5)
  })

  it('says of a log without times that there is no chart over time', async () => {
    const rest = '"session_duration_sec":3,"events_in_session":2,"hour_of_day":4,"day_of_week":5'
    writeFileSync(
      path('untimed.ndjson'),
      `{"user_id":"a","event_type":"view","device_type":"mobile",${rest}}\n`.repeat(20),
    )
    const page = await reportOn(path('untimed.ndjson'), undefined)
    expect(page).toContain('The events carry no time')
    expect(page).toContain('hour 4; untimed.ndjson, line 1;')
    expect(page).not.toContain('ROC')
  })
})

describe('a template', () => {
  it('escapes all but HTML, within attributes too', () => {
    const item = html`<i title="${'"><'}">${'<&>'}</i>`
    expect(html`${[item, item]}${undefined}${7}`.text).toBe(
      `${'<i title="&quot;&gt;&lt;">&lt;&amp;&gt;</i>'.repeat(2)}7`,
    )
  })
})

async function reportOn(log: string, labelsPath: string | undefined): Promise<string> {
  const { signal } = new AbortController()
  const watcher = { bytes: () => undefined, rows: () => undefined }
  const inputs = await inputsOf([log], signal)
  const refusals = new Refusals(false)
  const options = recipe(1)
  let first = true
  const readings = async function* (): AsyncGenerator<BehaviorEvent[]> {
    for await (const { input, rows, eventOf } of readInputs(inputs, {}, signal, watcher)) {
      if (first) refusals.noteAll(input, rows)
      yield rows.flatMap((row) => (row.kind === 'event' ? [eventOf(row)] : []))
    }
    first = false
  }
  const { model } = await train(readings, options)
  const labels = labelsPath === undefined ? undefined : await readLabels(labelsPath, signal)
  const read = { inputs, reading: {}, labels, refusals, order: new OrderCheck(), maxUsers: 1000 }
  return await reportOf(model, read, watcher, signal)
}
