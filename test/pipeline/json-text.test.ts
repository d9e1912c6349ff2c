import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withAnomaly, withMember, withMemberBytes, withoutMember } from '../../src/pipeline/json-text.ts'

describe('a member added to the text of an object', () => {
  it.each([
    ['{"a":1}', '{"a":1,"x":2}'],
    ['{ "a" : 1.50 } ', '{ "a" : 1.50 ,"x":2} '],
    ['{}', '{"x":2}'],
    ['{ \t}', '{ \t"x":2}'],
    ['{"a":"}"}', '{"a":"}","x":2}'],
  ])('%s becomes %s', (text, wanted) => {
    expect(withMember(text, '"x":2')).toBe(wanted)
    expect(Buffer.concat(withMemberBytes(Buffer.from(text), '"x":2')).toString()).toBe(wanted)
  })
})

describe('an anomaly in the place of an older one', () => {
  it('leaves bytes that are no UTF-8 as they were', () => {
    const before = Buffer.from('{"anomaly":{"state":"?"},"ü?":1}', 'utf8')
    const broken = Buffer.from(before.map((byte) => (byte === 63 /* ? */ ? 0xff : byte)))
    const text = broken.toString()
    const pieces = withAnomaly(text, broken, JSON.parse(text) as object, '{}')
    const wanted = Buffer.concat([Buffer.from('{"ü'), Buffer.from([0xff]), Buffer.from('":1,"anomaly":{}}')])
    expect(Buffer.concat(pieces as Uint8Array[])).toEqual(wanted)
  })
})

describe('a member taken out of the text of an object', () => {
  it.each([
    ['{"x":{"x":"}"},"a":1}', '{"a":1}'],
    ['{"a":[1,{"x":1}],"x":"\\",\\"x\\":1"}', '{"a":[1,{"x":1}]}'],
    ['{"\\u0078":1}', '{}'],
    ['{"a":"x","x":1, "b":2e5}', '{"a":"x", "b":2e5}'],
    ['{"a":1}', '{"a":1}'],
  ])('%s becomes %s', (text, wanted) => {
    expect(withoutMember(text, 'x')).toBe(wanted)
  })

  it('leaves every other object what it was, whatever is in it', () => {
    const key = fc.oneof(fc.constant('x'), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), fc.constantFrom(undefined, 2), (object, indent) => {
        const { x: _, ...rest } = object
        expect(JSON.parse(withoutMember(JSON.stringify(object, undefined, indent), 'x'))).toEqual(
          JSON.parse(JSON.stringify(rest)),
        )
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
