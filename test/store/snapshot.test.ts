import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/model-container.ts'
import { Random } from '../../src/random.ts'
import { type BaselineEntry, MemoryBaselines } from '../../src/store/memory.ts'
import { baselinesFromBytes, baselinesToBytes } from '../../src/store/snapshot.ts'

const layout = { id: 'behavior-0123abcd', width: 3 }
const entries: readonly BaselineEntry[] = [
  ['u1', Float32Array.of(1, 2, 3), false],
  ['ünï/ключ 🔑', Float32Array.of(-0.5, 1e-30, 3e38), true],
  ['\ufeffmarked', new Float32Array(3), true],
]
const bytes = baselinesToBytes(layout, entries)

/** The file with some bytes changed by hand and a checksum that matches. */
function forged(change: (view: DataView) => void, of: Uint8Array = bytes): Uint8Array {
  const copy = of.slice()
  const view = new DataView(copy.buffer)
  change(view)
  view.setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true)
  return copy
}

const read = (file: Uint8Array): BaselineEntry[] => baselinesFromBytes(file, layout)

describe('baselines in a file', () => {
  it('come back as they were, in order', () => {
    expect(read(bytes)).toEqual(entries)
  })

  it('are read at any offset of a larger buffer', () => {
    const larger = new Uint8Array(bytes.length + 7)
    larger.set(bytes, 3)
    expect(read(larger.subarray(3, 3 + bytes.length))).toEqual(entries)
  })

  it('may be none', () => {
    expect(read(baselinesToBytes(layout, []))).toEqual([])
  })

  it('have the same bytes each time, by the format that the source describes', () => {
    expect(Array.from(baselinesToBytes({ id: 'x', width: 1 }, [['ab', Float32Array.of(1), true]]))).toEqual([
      ...[0x48, 0x44, 0x47, 0x42, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0],
      ...[0x78, 2, 0x80, 0x61, 0x62, 0, 0, 0x80, 0x3f],
      ...[0xcf, 0xd5, 0xbd, 0xd3], // as zlib has it
    ])
  })

  it('are not written where they could not be read', () => {
    expect(() => baselinesToBytes(layout, [['', new Float32Array(3), false]])).toThrow('got 0 key bytes')
    expect(() => baselinesToBytes(layout, [['k'.repeat(32_768), new Float32Array(3), false]])).toThrow('got 32768')
    expect(() => baselinesToBytes(layout, [['k', new Float32Array(2), false]])).toThrow(
      'baselines: got 2 numbers of a user when expected 3',
    )
  })
})

describe('a file of baselines that is not in order', () => {
  it('is refused at every length that it may be cut to', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => read(bytes.subarray(0, length))).toThrow(RangeError)
    }
  })

  it('is refused with any bit flipped', () => {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const copy = bytes.slice()
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => read(copy)).toThrow(RangeError)
    }
  })

  it.each<[wrong: string, file: Uint8Array, message: string]>([
    ['other bytes', forged((view) => view.setUint32(0, 1)), 'other bytes than a file of baselines begins with'],
    ['a later version', forged((view) => view.setUint16(4, 2, true)), 'got format version 2 when expected 1'],
    ['more users than bytes', forged((view) => view.setUint32(12, 0xffff_ffff, true)), 'got 4294967295 users'],
    ['a width beyond its bytes', forged((view) => view.setUint32(8, 0xffff_ffff, true)), 'of 4294967295 numbers'],
    ['keys beyond its bytes', forged((view) => view.setUint32(16, 0xffff_ffff, true)), 'not of that length'],
    ['an id beyond its bytes', forged((view) => view.setUint16(6, 0xffff, true)), 'not of that length'],
    ['an empty key', forged((view) => view.setUint16(37, 0, true)), 'a key of a length that cannot be'],
    ['a key beyond the keys', forged((view) => view.setUint16(37, 0x7fff, true)), 'a key of a length that cannot be'],
    ['a key that eats the next', forged((view) => view.setUint16(37, 6, true)), 'baselines: got'],
    ['a key that is no UTF-8', forged((view) => view.setUint8(39, 0xff)), 'a key that is no UTF-8'],
    ['a number that is none', forged((view) => view.setFloat32(view.byteLength - 8, Number.NaN, true)), 'not finite'],
    [
      'the same key twice',
      baselinesToBytes(layout, [...entries, ['u1', new Float32Array(3), false]]),
      'got the same key twice',
    ],
    [
      'the baselines of another feature set',
      baselinesToBytes({ id: 'request-1', width: 3 }, entries),
      'got the layout request-1 of 3 numbers when expected behavior-0123abcd of 3',
    ],
    [
      'an id that is not fit to be shown',
      baselinesToBytes({ id: '\u001b[2J', width: 3 }, entries),
      'got the layout with a name that is none',
    ],
  ])('is refused with %s', (_, file, message) => {
    expect(() => read(file)).toThrow(message)
    expect(() => read(file)).toThrow(RangeError)
  })

  it('neither hangs nor crashes on whatever bytes have a checksum that matches', () => {
    const random = new Random(1)
    for (let round = 0; round < 5_000; round++) {
      const file = forged((view) => {
        for (let k = 0; k < 3; k++) view.setUint8(6 + random.integer(view.byteLength - 6), random.integer(256))
      })
      try {
        expect(read(file)).toHaveLength(3)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }
  })
})

describe('a memory store that takes up baselines', () => {
  const store = (): MemoryBaselines => new MemoryBaselines(1, 16)
  const come = (baselines: MemoryBaselines, key: string, times: number): void => {
    for (let k = 0; k < times; k++) baselines.update(key, (own) => own.fill((own[0] as number) + 1))
  }

  it('has them as they were, and evicts in the same order', () => {
    const before = store()
    for (let user = 0; user < 16; user++) come(before, `u${user}`, user % 3 === 0 ? 9 : 2)
    const after = store()
    after.restore(baselinesFromBytes(baselinesToBytes({ id: 'x', width: 1 }, before.entries()), { id: 'x', width: 1 }))
    expect([...after.entries()]).toEqual([...before.entries()])

    for (const each of [before, after]) for (let k = 0; k < 100; k++) come(each, `invented${k}`, 1)
    expect([...after.entries()]).toEqual([...before.entries()])
    expect(after.read('u15')).toEqual(Float32Array.of(9)) // one who came back outlasts a flood of invented names
    expect(after.read('u1')).toBeUndefined()
  })

  it('keeps its bound where there are more of them', () => {
    const baselines = store()
    baselines.restore(Array.from({ length: 40 }, (_, user) => [`u${user}`, Float32Array.of(user), true] as const))
    expect(baselines.size).toBe(16)
    expect(baselines.read('u39')).toEqual(Float32Array.of(39))
  })

  it('overwrites the baseline of a user whom it knows', () => {
    const baselines = store()
    come(baselines, 'u1', 20)
    baselines.restore([['u1', Float32Array.of(5), true]])
    expect([...baselines.entries()]).toEqual([['u1', Float32Array.of(5), true]])
  })
})
