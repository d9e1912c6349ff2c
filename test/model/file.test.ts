import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64 } from '../../model/base64.ts'
import { defaultModel } from '../../model/default.ts'
import { BYTES } from '../../model/default-bytes.ts'
import { Detector } from '../../src/detector.ts'
import { modelFromBytes, modelToBytes } from '../../src/model.ts'
import { crc32 } from '../../src/model-container.ts'

const bytes = new Uint8Array(readFileSync(new URL('../../model/default.hedgerow', import.meta.url)))

/** The same bytes with a checksum that fits: what somebody would send who knows the format. */
function sealed(forged: Uint8Array): Uint8Array {
  const copy = forged.slice()
  new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true)
  return copy
}

/** The file with another text in its header, lengths and checksum put right. */
function withHeader(change: (header: Record<string, unknown>) => void): Uint8Array {
  const view = new DataView(bytes.buffer)
  const runs = view.getUint16(6, true)
  const length = view.getUint32(8, true)
  const from = 12 + 4 * runs
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(from, from + length))) as Record<string, unknown>
  change(header)
  const text = new TextEncoder().encode(JSON.stringify(header))
  const forged = new Uint8Array(bytes.length - length + text.length)
  forged.set(bytes.subarray(0, from))
  forged.set(text, from)
  forged.set(bytes.subarray(from + length), from + text.length)
  new DataView(forged.buffer).setUint32(8, text.length, true)
  return sealed(forged)
}

describe('a model file', () => {
  it('is the module that apps import', () => {
    expect(fromBase64(BYTES)).toEqual(bytes)
    expect(defaultModel()).toBe(defaultModel())
  })

  it('comes back as the same bytes, and scores the same to the bit', () => {
    const model = modelFromBytes(bytes)
    expect(modelToBytes(model)).toEqual(bytes)
    const row = Float32Array.from(model.featureSet.features, (_, i) => i)
    expect(model.forest.score(row)).toBe(defaultModel().forest.score(row))
  })

  it('can lie anywhere in a larger buffer', () => {
    const larger = new Uint8Array(bytes.length + 13)
    larger.set(bytes, 13)
    expect(modelFromBytes(larger.subarray(13)).version).toBe(defaultModel().version)
  })

  it('is refused with any one bit flipped', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const flipped = bytes.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(() => modelFromBytes(flipped)).toThrow(RangeError)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['variance within users', 1, -1],
    ['strength of a mean', 2, 0],
    ['strength of a variance', 3, 0],
    ['strength of a category', 24, 0],
    ['probability of a choice', 25, -0.5],
  ])('is refused with a population of which nothing can be predicted: %s', (_, at, value) => {
    const forged = bytes.slice()
    const view = new DataView(forged.buffer)
    const runs = 12 + 4 * view.getUint16(6, true) + view.getUint32(8, true)
    view.setFloat32(runs + 4 * at, value, true)
    expect(() => modelFromBytes(sealed(forged))).toThrow(/^model: got population numbers with /)
  })

  it('is refused cut short anywhere', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => modelFromBytes(bytes.subarray(0, length))).toThrow(RangeError)
      }),
      { numRuns: 300 },
    )
  })

  it('made by hand, with a checksum that fits, is refused with a message or scores within 0 and 1: it never hangs', () => {
    const event = {
      userId: 'u',
      eventType: 'view',
      deviceType: 'desktop',
      hourOfDay: 3,
      dayOfWeek: 3,
      sessionDurationSec: 10,
      eventsInSession: 3,
      timestampMs: undefined,
    } as const
    fc.assert(
      fc.property(fc.nat(bytes.length - 5), fc.uint8Array({ minLength: 1, maxLength: 64 }), (at, noise) => {
        const forged = bytes.slice()
        forged.set(noise.subarray(0, Math.min(noise.length, bytes.length - 4 - at)), at)
        try {
          const model = modelFromBytes(sealed(forged))
          const { score } = new Detector(model).judge(event, undefined)
          expect(score).toBeGreaterThanOrEqual(0)
          expect(score).toBeLessThanOrEqual(1)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    ['other bytes', new Uint8Array(64), /^model: got other bytes/],
    ['no bytes', new Uint8Array(0), /^model: got 0 bytes when expected at least/],
    ['a later version', sealed(bytes.with(4, 9)), /^model: got format version 9 when expected 1/],
    ['a header that is no JSON', sealed(bytes.with(12 + 4 * 6, 0x78)), /^model header: got text that is not JSON/],
    [
      'another feature set',
      withHeader((header) => Object.assign(header, { feature_set: 'other' })),
      /feature set "other", which/,
    ],
    [
      'features computed otherwise',
      withHeader((header) => Object.assign(header, { feature_set_hash: '0' })),
      /0 when expected [0-9a-f]{8}: trained on/,
    ],
    [
      'an inherited name',
      withHeader((header) => Object.assign(header, { feature_set: 'toString' })),
      /feature set "toString", which/,
    ],
    [
      'fewer features',
      withHeader((header) => Object.assign(header, { features: ['a'] })),
      /got features a when expected/,
    ],
    ['no name', withHeader((header) => Object.assign(header, { name: '' })), /no text of 1 to 200 characters for name/],
    [
      'an event type twice',
      withHeader((header) => Object.assign(header, { event_types: ['login', 'login'] })),
      /got event_types/,
    ],
    [
      'no training facts',
      withHeader((header) => Object.assign(header, { training: null })),
      /got no object for training/,
    ],
  ])('with %s is refused, and told why', (_, forged, message) => {
    expect(() => modelFromBytes(forged)).toThrow(message)
  })
})
