import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  averagePathLength,
  type FeatureChoice,
  type Forest,
  fitForest,
  forestFromBytes,
  type Scoring,
} from '../../src/forest/index.ts'
import { BEHAVIOUR_COLUMNS, behaviourRows } from './data.ts'

const rows = behaviourRows(2000, 21)
const forests = (['depth', 'density'] as Scoring[]).map((scoring) =>
  fitForest(rows, BEHAVIOUR_COLUMNS, { scoring, seed: 8 }),
)

const anyForest: fc.Arbitrary<{ rows: Float32Array; columns: number; forest: Forest }> = fc
  .record({
    columns: fc.integer({ min: 1, max: 5 }),
    count: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(0, -0, 1e-45, 1e-38, 1, 1 + 2 ** -23, 1 + 2 ** -22, 16777215, 3.4028234663852886e38),
    ),
    trees: fc.integer({ min: 1, max: 9 }),
    maxDepth: fc.option(fc.integer({ min: 0, max: 32 }), { nil: undefined }),
    scoring: fc.constantFrom<Scoring>('depth', 'density'),
    featureChoice: fc.constantFrom<FeatureChoice>('uniform', 'kurtosis'),
    seed: fc.integer(),
  })
  .chain(({ columns, count, kind, maxDepth, ...rest }) =>
    fc.array(kind, { minLength: columns * count, maxLength: columns * count }).map((values) => {
      const rows = Float32Array.from(values)
      const options = maxDepth === undefined ? rest : { ...rest, maxDepth }
      return { rows, columns, forest: fitForest(rows, columns, options) }
    }),
  )

/** What damaged bytes may do: be refused with an Error, or be a forest, which then scores within its bounds. */
function expectRefusalOrForest(damaged: Uint8Array): void {
  let read: Forest
  try {
    read = forestFromBytes(damaged)
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    expect((error as RangeError).message).toMatch(/^Got .* when expected .*\.$/)
    return
  }
  const row = new Float32Array(read.columns).fill(0.7)
  expect(read.score(row)).toBeGreaterThanOrEqual(0)
  expect(read.score(row)).toBeLessThanOrEqual(1)
  const other = new Float32Array(read.columns).fill(-0.1)
  const sum = read.explain(row, other).reduce((total, value) => total + value)
  expect(sum).toBeCloseTo(read.rawOutput(other) - read.rawOutput(row), 6)
}

describe('a forest that was written and read', () => {
  it.each(forests)('scores the same to the bit, and writes the same bytes, by $scoring', (forest) => {
    const bytes = forest.toBytes()
    const read = forestFromBytes(bytes)
    expect(read.scoreMany(rows)).toEqual(forest.scoreMany(rows))
    expect(read.scoring).toBe(forest.scoring)
    const [row, other] = [rows.slice(12, 24), rows.slice(24, 36)]
    expect(read.explain(row, other)).toEqual(forest.explain(row, other))
    expect(read.toBytes()).toEqual(bytes)
  })

  it('does so whatever it was fitted to', () => {
    fc.assert(
      fc.property(anyForest, ({ rows, forest }) => {
        const read = forestFromBytes(forest.toBytes())
        expect(read).toMatchObject({ trees: forest.trees, columns: forest.columns, sampleSize: forest.sampleSize })
        expect(read.scoreMany(rows)).toEqual(forest.scoreMany(rows))
        expect(read.toBytes()).toEqual(forest.toBytes())
      }),
      { numRuns: 300 },
    )
  })

  it.each(forests)('may be read from the middle of a buffer', (forest) => {
    const bytes = forest.toBytes()
    const buffer = new Uint8Array(bytes.length + 9)
    buffer.set(bytes, 5)
    expect(forestFromBytes(buffer.subarray(5, 5 + bytes.length)).toBytes()).toEqual(bytes)
  })
})

describe('damaged bytes', () => {
  it.each<Scoring>(['depth', 'density'])('are refused wherever they are cut short, by %s', (scoring) => {
    const small = fitForest(rows, BEHAVIOUR_COLUMNS, { trees: 3, sampleSize: 32, scoring }).toBytes()
    for (let length = 0; length < small.length; length++)
      expect(() => forestFromBytes(small.subarray(0, length))).toThrow(/^Got .* when expected .*\.$/)
  })

  it('are refused where something follows', () => {
    const bytes = forests.map((forest) => forest.toBytes())
    expect(() => forestFromBytes(Uint8Array.of(...(bytes[0] as Uint8Array), 0))).toThrow(
      'Got 1 bytes after the last tree when expected none.',
    )
    const single = fitForest(Float32Array.of(0, 1), 1, { trees: 1, scoring: 'depth' }).toBytes()
    const filled = single.slice()
    ;(filled[filled.length - 1] as number) |= 1
    expect(filled).not.toEqual(single)
    expect(() => forestFromBytes(filled)).toThrow('Got bits set after the last tree when expected none.')
  })

  it.each<Scoring>(['depth', 'density'])('are refused or a forest, with any bits flipped, by %s', (scoring) => {
    const small = fitForest(rows, BEHAVIOUR_COLUMNS, { trees: 5, sampleSize: 64, scoring }).toBytes()
    const flips = fc.array(fc.integer({ min: 0, max: small.length * 8 - 1 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(flips, (flipped) => {
        const damaged = small.slice()
        for (const bit of flipped) (damaged[bit >>> 3] as number) ^= 1 << (bit & 7)
        expectRefusalOrForest(damaged)
      }),
      { numRuns: 2000 },
    )
  })

  it('are refused or a forest, with any bits after a header', () => {
    const arbitrary = fc.tuple(
      fc.integer({ min: 1, max: 4096 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 1, max: 2 ** 20 }),
      fc.integer({ min: 0, max: 1 }),
      fc.uint8Array({ maxLength: 3000 }),
    )
    fc.assert(
      fc.property(arbitrary, ([trees, columns, maxDepth, sampleSize, scoring, bits]) => {
        const header = handMade({ trees, columns, maxDepth, sampleSize, scoring })
        expectRefusalOrForest(Uint8Array.of(...header, ...bits))
      }),
      { numRuns: 1000 },
    )
  })
})

interface Header {
  magic?: string
  trees?: number
  columns?: number
  maxDepth?: number
  scoring?: number
  reserved?: number
  sampleSize?: number
  bounds?: number[]
}

/** Bytes of a forest with this header and these bits as its trees, filled up with zeros. */
function handMade(header: Header, bits = ''): Uint8Array {
  const { magic = 'HgF1', trees = 1, columns = 1, maxDepth = 8, scoring = 0, reserved = 0, sampleSize = 8 } = header
  const bounds = header.bounds ?? Array.from({ length: columns * 2 }, (_, i) => i % 2)
  const bytes = new Uint8Array(16 + bounds.length * 4 + Math.ceil(bits.length / 8))
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 4; i++) view.setUint8(i, magic.charCodeAt(i))
  view.setUint16(4, trees, true)
  view.setUint16(6, columns, true)
  view.setUint8(8, maxDepth)
  view.setUint8(9, scoring)
  view.setUint8(10, reserved)
  view.setUint32(12, sampleSize, true)
  bounds.forEach((bound, i) => {
    view.setFloat32(16 + 4 * i, bound, true)
  })
  for (const [i, bit] of [...bits].entries())
    if (bit === '1') (bytes[16 + bounds.length * 4 + (i >>> 3)] as number) |= 0x80 >>> (i & 7)
  return bytes
}

describe('bytes made by hand', () => {
  it('are a forest where they are right', () => {
    // Splits its 8 rows (1) at the one odd multiple of 1/2 in (0, 1] (d = 1: 0 01), 4 rows going left (the 4th of 7: 100).
    const forest = forestFromBytes(handMade({ maxDepth: 1 }, '1001100'))
    expect(forest.score(Float32Array.of(0.4))).toBe(forest.score(Float32Array.of(0.6)))
    expect(forest.rawOutput(Float32Array.of(0))).toBe((1 + averagePathLength(4)) / averagePathLength(8))
    expect(forest.explain(Float32Array.of(0), Float32Array.of(1))).toEqual(Float64Array.of(0))
  })

  it('are a forest by density where they are right', () => {
    // The same split; its leaves narrow the space by 16 quarters and by 2 (0 to 12 is recorded for 4 of 8 rows at most).
    const forest = forestFromBytes(handMade({ maxDepth: 1, scoring: 1 }, '1001100' + '1111' + '010'))
    expect(forest.rawOutput(Float32Array.of(0))).toBe(1)
    expect(forest.rawOutput(Float32Array.of(1))).toBe(-0.5)
    expect(forest.score(Float32Array.of(1))).toBe(1 / (1 + 2 ** -0.5))
  })

  it.each<[string, Header, string, string]>([
    ['another magic', { magic: 'PNG1' }, '0', 'Got magic 0x31474e50 when expected'],
    ['no trees', { trees: 0 }, '0', 'Got trees 0 when expected a whole number from 1 to 4096.'],
    ['too many trees', { trees: 4097 }, '0', 'Got trees 4097 when'],
    ['no columns', { columns: 0 }, '0', 'Got columns 0 when expected a whole number from 1 to 1024.'],
    ['too many columns', { columns: 1025 }, '0', 'Got columns 1025 when'],
    ['too great a depth', { maxDepth: 33 }, '0', 'Got maxDepth 33 when expected a whole number from 0 to 32.'],
    ['an unknown scoring', { scoring: 2 }, '0', 'Got scoring 2 when expected 0 or 1.'],
    ['reserved bytes set', { reserved: 1 }, '0', 'Got reserved bytes 1 when'],
    ['no rows', { sampleSize: 0 }, '0', 'Got sampleSize 0 when'],
    ['too many rows', { sampleSize: 2 ** 20 + 1 }, '0', 'Got sampleSize 1048577 when'],
    ['NaN as a bound', { bounds: [0, Number.NaN] }, '0', 'Got bounds 0 to NaN of column 0 when expected finite ones'],
    ['an infinite bound', { bounds: [Number.NEGATIVE_INFINITY, 0] }, '0', 'Got bounds -Infinity to 0 of column 0'],
    ['bounds out of order', { bounds: [2, 1] }, '0', 'Got bounds 2 to 1 of column 0'],
    ['fewer bounds than columns', { columns: 3, bounds: [0, 1] }, '', 'Got 24 forest bytes when expected at least 40.'],
    ['a constant column split', { bounds: [4, 4] }, '1', 'Got a split of a column that can only be 4 there, when'],
    ['a precision beyond all', {}, '1111111000', 'Got threshold precision 24 when expected at most 23.'],
    ['a threshold outside its box', {}, `111111011${'1'.repeat(31)}`, 'Got threshold NaN when expected a float32'],
    ['a key below its box', {}, `111111011${'0'.repeat(31)}`, 'Got threshold'],
    ['more trees than bits', { trees: 9 }, '00000000', 'Got forest bytes that end within a tree when expected more.'],
  ])('are refused with %s', (_, header, bits, message) => {
    expect(() => forestFromBytes(handMade(header, bits))).toThrow(message)
  })
})
