import { describe, expect, it } from 'vitest'
import { defaultModel } from '../../model/default.ts'
import { Scorer } from '../../src/cli/scorer.ts'
import { decide, type Policy } from '../../src/decision.ts'
import { Detector } from '../../src/detector.ts'
import { summaryOf } from '../../src/model.ts'
import { AnomalyWriter } from '../../src/pipeline/anomaly-text.ts'
import { Output } from '../../src/pipeline/output.ts'
import { Renderer } from '../../src/pipeline/render.ts'
import { type RecordOptions, RecordReader } from '../../src/records/index.ts'
import { attributesOf } from '../../src/telemetry/attributes.ts'
import { HEADER, jsonLine } from '../records/reading.ts'

const model = defaultModel()

/** What comes out for an input, whatever its chunks. */
function render(input: string | Uint8Array, options: RecordOptions = {}, flagAt = 0.98): Buffer {
  const scorer = new Scorer(model, { flagAt }, 1000)
  const renderer = new Renderer(scorer, new AnomalyWriter(model, scorer.detector.threshold, true), false)
  const reader = new RecordReader(options)
  const out = new Output()
  const rows = [...reader.push(Buffer.from(input)), ...reader.finish()]
  renderer.render(rows, reader.format, ({ event }) => event, out)
  renderer.finish(out)
  return Buffer.from(out.take())
}

describe('the anomaly object', () => {
  it.each([0.98, 0])('has the span attributes without their prefix, flagged from %d on', (flagAt) => {
    const text = jsonLine('kim')
    const detector = new Detector(model, { flagAt })
    const reader = new RecordReader()
    const [row] = reader.push(Buffer.from(`${text}\n`))
    if (row?.kind !== 'event') throw new Error('wanted an event')
    const policy: Policy = {
      mode: 'observe',
      blockAt: undefined,
      onFailure: { no_identity: 'allow', bad_event: 'allow', timeout: 'allow', store: 'allow', model: 'allow' },
    }
    const decision = decide(detector.judge(row.event, undefined), policy, summaryOf(model))
    const wanted = Object.fromEntries(
      Object.entries(attributesOf(decision, undefined))
        .filter(([name]) => !['anomaly.id', 'anomaly.mode', 'anomaly.decision', 'anomaly.would_be'].includes(name))
        .map(([name, value]) => [name.slice('anomaly.'.length), value]),
    )
    const { anomaly } = JSON.parse(render(`${text}\n`, {}, flagAt).toString()) as { anomaly: Record<string, unknown> }
    const { explanation, ...rest } = anomaly
    expect(rest).toEqual(wanted)
    expect(explanation).toEqual(flagAt === 0 ? decision.reasons : undefined)
  })

  it('takes the place of one that the record already has', () => {
    const once = render(`${jsonLine('kim')}\n`).toString()
    expect(render(once).toString()).toBe(once)
    const csv = `${HEADER},anomaly\n2026-01-05T10:00:00Z,kim,1,1,1,1,view,desktop,old\n`
    expect(JSON.parse(render(csv).toString())).toMatchObject({ user_id: 'kim', anomaly: { state: 'scored' } })
  })
})

describe('bytes that are no UTF-8', () => {
  const bytes = Buffer.from(jsonLine('kim', { note: 'caf?' }))
  bytes[bytes.indexOf('?')] = 0xe9

  it('stay in a JSON record as they came', () => {
    const out = render(Buffer.concat([bytes, Buffer.from('\n')]))
    expect(out.subarray(0, bytes.length - 1)).toEqual(bytes.subarray(0, -1))
    expect(out.includes(',"anomaly":{"state":"scored"')).toBe(true)
  })

  it('stand beside what is no record, in base64', () => {
    const out = JSON.parse(
      render(Buffer.concat([Buffer.from(`${jsonLine('a')}\n`), Buffer.from([0x7b, 0xff]), Buffer.from('\n')]))
        .toString()
        .split('\n')[1] ?? '',
    ) as unknown
    expect(out).toMatchObject({ line: 2, text: '{\ufffd', bytes_base64: 'e/8=' })
  })
})

it('a line that comes in parts at the end of the input is one object', () => {
  const out = render(`${jsonLine('a')}\n${'"é\\'.repeat(500)}`, { maxLineBytes: 200 }).toString()
  const [, long] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(long).toMatchObject({ line: 2, text: '"é\\'.repeat(500), anomaly: { state: 'not_scored' } })
})
