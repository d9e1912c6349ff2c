import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RecordOptions, RecordReader, RecordsError, readRecords } from '../../src/records/index.ts'
import { accessLine, brief, csvLine, cutAt, HEADER, inputOf, jsonLine, plain, read } from './reading.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Lines of all kinds, good and bad, for a log of each format. */
const LINES = {
  ndjson: [
    jsonLine('ada'),
    jsonLine('Zoë 🦔'),
    '{"user_id": 1',
    '[]',
    'null',
    '',
    '  ',
    jsonLine(7, { event_type: 'x' }),
  ],
  combined: [
    accessLine('192.0.2.1'),
    accessLine('2001:db8::1', '-'),
    'broken',
    accessLine('192.0.2.3').slice(0, -1),
    '',
    '"',
  ],
  csv: [
    csvLine('ada'),
    csvLine('"Zoë, ""the"" 🦔"'),
    csvLine('"two\nlines"'),
    csvLine(''),
    'a,b',
    '',
    '"',
    csvLine('"x"y'),
  ],
} as const

/** Bytes of a whole log in one of the formats: its lines in any order, with either line end, with or without the last. */
const logs = fc.constantFrom('ndjson', 'combined', 'csv').chain((format) =>
  fc.record({
    format: fc.constant(format),
    bytes: fc
      .tuple(
        fc.constantFrom('', '\ufeff'),
        fc.array(fc.tuple(fc.constantFrom<string>(...LINES[format]), fc.constantFrom('\n', '\r\n'))),
        fc.constantFrom<string>(...LINES[format]),
        fc.constantFrom('', '', '\r', '\n'),
      )
      .map(([mark, lines, last, end]) =>
        bytesOf(`${mark}${format === 'csv' ? `${HEADER}\n` : ''}${lines.flat().join('')}${last}${end}`),
      ),
  }),
)

describe('reading a log', () => {
  it('gives the same rows wherever the chunks are cut, and all of the input', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.array(fc.nat()), fc.integer({ min: 16, max: 200 }), async (log, cuts, maxLineBytes) => {
        const options: RecordOptions = { format: log.format, maxLineBytes: Math.max(maxLineBytes, HEADER.length + 3) }
        const whole = await read([log.bytes], options)
        expect(plain(await read(cutAt(log.bytes, cuts), options))).toEqual(plain(whole))
        expect(inputOf(whole)).toEqual(Buffer.from(log.bytes))
      }),
    )
  })

  it('counts physical lines, and gives each of them once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async ({ format, bytes }) => {
        const rows = await read([bytes], { format })
        let line = 1
        for (const row of rows) {
          expect(row.line).toBe(line)
          line += `${row.text}${row.end}`.split('\n').length - 1
        }
      }),
    )
  })

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('ends lines by %s, with and without a last line end', async (_, end) => {
    for (const last of ['', end]) {
      const rows = await read(`${jsonLine('ada')}${end}${end}${jsonLine('bob')}${last}`)
      expect(rows.map(brief)).toEqual(['1 event ada', '2 blank', '3 event bob'])
      expect(rows.map((row) => row.end)).toEqual([end, end, last])
      expect(rows.map((row) => row.text)).toEqual([jsonLine('ada'), '', jsonLine('bob')])
    }
  })

  it('of nothing at all gives nothing', async () => {
    expect(await read('')).toEqual([])
    expect(await read([])).toEqual([])
    expect((await read('\n \r\n')).map(brief)).toEqual(['1 blank', '2 blank'])
  })

  it('takes what begins with a byte order mark', async () => {
    for (const text of [jsonLine('ada'), accessLine('ada'), `${HEADER}\n${csvLine('ada')}`]) {
      const rows = await read(`\ufeff${text}\n`)
      expect(rows.at(-1)).toMatchObject({ kind: 'event', event: { userId: 'ada' } })
      expect(inputOf(rows).toString()).toBe(`\ufeff${text}\n`)
    }
  })

  it('tolerates what is no UTF-8, and keeps its bytes, of that line alone', async () => {
    const lines = [accessLine('ada'), accessLine('b\u0000b', 'GET /caf\u0001 HTTP/1.1'), accessLine('Zoë \ufffd')]
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    bytes[bytes.indexOf(0)] = 0xff
    bytes[bytes.indexOf(1)] = 0xe9
    const rows = await read([bytes])
    expect(rows.map((row) => row.kind)).toEqual(['event', 'event', 'event'])
    expect(rows[1]).toMatchObject({ event: { userId: 'b\ufffdb', request: { route: '/caf\ufffd' } } })
    expect(rows.map((row) => row.bytes !== undefined)).toEqual([false, true, false])
    expect(inputOf(rows)).toEqual(bytes)
  })

  it('gives each line as soon as it has ended', () => {
    const reader = new RecordReader()
    expect(reader.push(bytesOf(`${jsonLine('ada')}\n${jsonLine('bob')}`)).map(brief)).toEqual(['1 event ada'])
    expect(reader.push(bytesOf('\n')).map(brief)).toEqual(['2 event bob'])
    expect(reader.push(bytesOf(jsonLine('eve')))).toEqual([])
    expect(reader.finish().map(brief)).toEqual(['3 event eve'])
  })

  it('copies what it keeps: the caller may use the buffer again', () => {
    const reader = new RecordReader()
    const buffer = bytesOf(jsonLine('ada'))
    reader.push(buffer)
    buffer.fill(0x20)
    expect(reader.finish().map(brief)).toEqual(['1 event ada'])
  })

  it('keeps batches small, whatever comes at once', async () => {
    let most = 0
    let all = 0
    for await (const rows of readRecords([bytesOf('\n'.repeat(300_000))])) {
      most = Math.max(most, rows.length)
      all += rows.length
    }
    expect(all).toBe(300_000)
    expect(most).toBe(4_096)
  })

  it('reads Web streams, and cancels them where the reading ends early', async () => {
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytesOf(`${jsonLine('ada')}\n`)),
      cancel: () => {
        cancelled = true
      },
    })
    for await (const rows of readRecords(stream)) {
      expect(rows.map(brief)).toEqual(['1 event ada'])
      break
    }
    expect(cancelled).toBe(true)
  })

  it('passes on what the source throws', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytesOf(jsonLine('ada'))
      throw new Error('disk on fire')
    }
    await expect(read(failing())).rejects.toThrow('disk on fire')
  })
})

describe('a line that is longer than the limit', () => {
  const long = jsonLine('ada', { note: 'Zoë 🦔 '.repeat(100) })

  it('is one problem, and comes in parts of which none is lost and no character is cut', async () => {
    const input = `${jsonLine('bob')}\n${long}\r\n${jsonLine('eve')}`
    const rows = await read(input, { maxLineBytes: 128 })
    expect(rows.filter((row) => row.kind !== 'rest').map(brief)).toEqual([
      '1 event bob',
      '2 problem longer than 128 bytes',
      '3 event eve',
    ])
    expect(rows.filter((row) => row.kind === 'rest').every((row) => row.line === 2)).toBe(true)
    expect(rows.every((row) => row.bytes === undefined && Buffer.byteLength(row.text) <= 128)).toBe(true)
    expect(inputOf(rows).toString()).toBe(input)
  })

  it('is none where it has exactly the bytes that the limit allows', async () => {
    const length = Buffer.byteLength(long)
    expect((await read(`${long}\n`, { maxLineBytes: length })).map(brief)).toEqual(['1 event ada'])
    expect((await read(long, { maxLineBytes: length })).map(brief)).toEqual(['1 event ada'])
    expect((await read(long, { maxLineBytes: length - 1 })).map((row) => row.kind)).toEqual(['problem', 'rest'])
  })

  it('of 10 MB says its format too, by how it begins', async () => {
    const input = `{"note": "${'x'.repeat(10_000_000)}"}\n${jsonLine('ada')}\n`
    const rows = await read(input)
    expect(rows[0]).toMatchObject({ kind: 'problem', line: 1, reason: 'longer than 1048576 bytes' })
    expect(rows.at(-1)).toMatchObject({ kind: 'event', line: 2 })
    expect(inputOf(rows).equals(Buffer.from(input))).toBe(true)
  })

  it('takes time in proportion to its length, in chunks of any size', () => {
    const reader = new RecordReader({ format: 'ndjson' })
    const chunk = bytesOf('x'.repeat(10))
    const start = performance.now()
    let parts = 0
    for (let i = 0; i < 500_000; i++) parts += reader.push(chunk).length
    expect(parts).toBe(4)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

describe('the format', () => {
  const texts = { ndjson: jsonLine('ada'), combined: accessLine('ada'), csv: `${HEADER}\n${csvLine('ada')}` } as const

  it.each(['ndjson', 'combined', 'csv'] as const)('%s is told from the content', async (format) => {
    const stream = readRecords([bytesOf(`\n${texts[format]}\n`)])
    expect(stream.format).toBeUndefined()
    let events = 0
    for await (const rows of stream) events += rows.filter((row) => row.kind === 'event').length
    expect(stream.format).toBe(format)
    expect(events).toBe(1)
  })

  it.each(['ndjson', 'combined'] as const)('%s is told also where the first lines are broken', async (format) => {
    const rows = await read(`broken\n\n"\n${texts[format]}`)
    expect(rows.map((row) => row.kind)).toEqual(['problem', 'blank', 'problem', 'event'])
  })

  it('of CSV is told by a column that the mapping names, or by quoted names', async () => {
    expect(
      (await read('"user_id","event_type","device_type","timestamp"\nada,view,desktop,2024-01-01T00:00Z')).map(brief),
    ).toEqual(['1 header', '2 event ada'])
    const map = { user_id: 'who', event_type: 'what', device_type: 'how', timestamp: 'when' }
    expect((await read('who,what,how,when\nada,view,desktop,2024-01-01T00:00Z', { map })).map(brief)).toEqual([
      '1 header',
      '2 event ada',
    ])
  })

  it('that cannot be told is an error, and none that a named format has', async () => {
    for (const text of ['what is this\n', 'a;b;c\n'.repeat(200), 'x'.repeat(2_000_000)]) {
      await expect(read(text)).rejects.toMatchObject({
        name: 'RecordsError',
        code: 'format',
        message: expect.stringMatching(/^the format cannot be told from the first lines/),
      })
    }
    expect((await read('what is this\n', { format: 'ndjson' })).map(brief)).toEqual(['1 problem not valid JSON'])
  })
})

describe('options that are wrong', () => {
  it.each([
    [{ format: 'xml' as 'csv' }, 'got the format "xml", wanted one of csv, ndjson, combined'],
    [{ maxLineBytes: 0 }, 'got 0 for maxLineBytes, wanted an integer >= 16'],
    [{ maxLineBytes: Number.NaN }, 'got NaN for maxLineBytes, wanted an integer >= 16'],
    [{ map: { user_id: '' } }, 'the path of user_id is empty; wanted a name, or names joined by dots'],
  ])('%j are refused at once', (options, message) => {
    expect(() => readRecords([], options)).toThrow(RecordsError)
    expect(() => readRecords([], options)).toThrow(message)
  })
})
