import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ListSplitter } from '../../src/records/list-splitter.ts'

/** The elements of a list that arrives in chunks of so many bytes. */
function elementsOf(text: string, chunkBytes = 7, limit = 1_000_000): (string | undefined)[] {
  const elements: (string | undefined)[] = []
  const splitter = new ListSplitter(limit, (element) => {
    elements.push(element === undefined ? undefined : new TextDecoder().decode(element))
  })
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) splitter.push(bytes.subarray(at, at + chunkBytes))
  splitter.finish()
  return elements
}

describe('a JSON list, cut into its elements while it arrives', () => {
  it('is the list that JSON.parse reads, whatever is in it, however it is spaced and wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(undefined, 1, '\t'),
        (list, chunkBytes, indent) => {
          const text = JSON.stringify(list, undefined, indent)
          const elements = elementsOf(text, chunkBytes).map((element) => JSON.parse(element ?? 'null') as unknown)
          expect(elements).toEqual(JSON.parse(text))
        },
      ),
      { seed: 17 },
    )
  })

  it('keeps what is no JSON apart from what is', () => {
    expect(elementsOf('[{"a":1}, {"b": nonsense}, 3]')).toEqual(['{"a":1}', '{"b": nonsense}', '3'])
    expect(elementsOf('[{"a":1}}, 3]')).toEqual(['{"a":1}}', '3'])
  })

  it.each([
    ['[]', []],
    [' [ ] ', []],
    ['[1,,2]', ['1', '', '2']],
    ['[1,]', ['1', '']],
    ['["],[", "\\"]"]', ['"],["', '"\\"]"']],
  ])('of %s has %j', (text, elements) => {
    expect(elementsOf(text)).toEqual(elements)
    expect(elementsOf(text, 1)).toEqual(elements)
  })

  it('keeps nothing of an element over the limit, and goes on with the next', () => {
    const long = JSON.stringify('x'.repeat(99))
    expect(elementsOf(`[1,${long},2]`, 7, 100)).toEqual(['1', undefined, '2'])
    expect(elementsOf(`[1,${long},2]`, 7, 101)).toEqual(['1', long, '2'])
    expect(elementsOf(`[${long}]`, 7, 50)).toEqual([undefined])
  })

  it.each([
    ['', 'got nothing, wanted a JSON list'],
    ['{}', 'got something else, wanted a JSON list'],
    ['[', 'got a list without its end, wanted a JSON list'],
    ['[1}', 'got a list without its end, wanted a JSON list'],
    ['["]', 'got a list without its end, wanted a JSON list'],
    ['[] []', 'got more behind the list, wanted a JSON list'],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => elementsOf(text)).toThrow(message)
  })
})
