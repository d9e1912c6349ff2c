import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brief, cutAt, jsonLine, read } from './reading.ts'

const log = Array.from({ length: 50 }, (_, i) => `${jsonLine(`user ${i}`, { note: i ** 7 })}\n`).join('')

describe('a gzipped log', () => {
  it('of one member or of many reads as what was compressed, wherever the chunks are cut', async () => {
    const plain = await read(log)
    const places = fc.array(fc.nat({ max: 20_000 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(places, places, fc.constantFrom(0, 1, 6, 9), async (members, cuts, level) => {
        const packed = Buffer.concat(cutAt(Buffer.from(log), members).map((member) => gzipSync(member, { level })))
        expect(await read(cutAt(packed, cuts))).toEqual(plain)
      }),
      { numRuns: 60 },
    )
  })

  it('of many members reads whole, byte by byte too, and with empty members', async () => {
    const packed = Buffer.concat([
      gzipSync(''),
      gzipSync(`${jsonLine('ada')}\n`),
      gzipSync(''),
      gzipSync(jsonLine('bob')),
    ])
    const bytes = Array.from(packed, (byte) => Uint8Array.of(byte))
    expect((await read(bytes)).map(brief)).toEqual(['1 event ada', '2 event bob'])
  })

  it('that holds gzip itself is not cut there', async () => {
    // Stored, not packed: the member's bytes stand in the outer one as they are, its header among them.
    const inner = gzipSync(jsonLine('ada'))
    const packed = gzipSync(
      Buffer.concat([Buffer.from(`${jsonLine('ada')}\n`), inner, Buffer.from(`\n${jsonLine('bob')}\n`)]),
      {
        level: 0,
      },
    )
    const rows = await read([packed])
    expect(rows[0]).toMatchObject({ kind: 'event', line: 1 })
    expect(rows.at(-1)).toMatchObject({ kind: 'event', event: { userId: 'bob' } })
  })

  it.each([
    ['cut short', gzipSync(log).subarray(0, 500)],
    ['cut in its trailer', gzipSync(log).subarray(0, -3)],
    ['cut in its header', gzipSync(log).subarray(0, 7)],
    ['damaged', gzipSync(log).fill(0x55, 300, 320)],
    ['followed by something else', Buffer.concat([gzipSync(log), Buffer.from('something else')])],
    ['whose second member is cut short', Buffer.concat([gzipSync(log), gzipSync(log).subarray(0, 500)])],
  ])('that is %s is an error, never silence', async (_, bytes) => {
    const error = { name: 'RecordsError', code: 'gzip', message: expect.stringContaining('damaged, cut short') }
    await expect(read([bytes])).rejects.toMatchObject(error)
    await expect(read(cutAt(bytes, [1, 2, 3, 100, 400]))).rejects.toMatchObject(error)
  })

  it('passes on what the source throws', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(log).subarray(0, 100)
      throw new Error('disk on fire')
    }
    await expect(read(failing())).rejects.toThrow('disk on fire')
  })
})
