import { crc32 } from '../model-container.ts'
import type { StoreLayout } from './contract.ts'
import type { BaselineEntry } from './memory.ts'

/**
 * Baselines as one file: what a log has taught, for a server to begin with. All numbers little-endian:
 *
 *     "HDGB" | u16 version | u16 bytes of the layout's id | u32 width | u32 users | u32 bytes of all keys |
 *     the layout's id (UTF-8) | a user each: u16 bytes of the key, its lowest 15 bits, the highest whether the user
 *     came back; the key (UTF-8) | a user each: the baseline (float32) | u32 CRC-32 of all before
 */
const MAGIC = 0x42474448
const VERSION = 1
const FIXED = 20
const CHECKSUM = 4
const MAX_KEY_BYTES = 0x7fff
const CAME_BACK = 0x8000

/**
 * @param entries as the store gives them; their order is kept
 * @throws RangeError where a key is empty or longer than 32,767 bytes, or a baseline is not as wide as the layout says
 */
export function baselinesToBytes(layout: StoreLayout, entries: Iterable<BaselineEntry>): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const id = encoder.encode(layout.id)
  const users: BaselineEntry[] = []
  let keyBytes = 0
  for (const entry of entries) {
    const [key, baseline] = entry
    const keyLength = utf8Length(key)
    expectBetween('key bytes', keyLength, 1, MAX_KEY_BYTES)
    expectBetween('numbers of a user', baseline.length, layout.width, layout.width)
    users.push(entry)
    keyBytes += 2 + keyLength
  }

  const floatsAt = FIXED + id.length + keyBytes
  const bytes = new Uint8Array(floatsAt + 4 * layout.width * users.length + CHECKSUM)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, VERSION, true)
  view.setUint16(6, id.length, true)
  view.setUint32(8, layout.width, true)
  view.setUint32(12, users.length, true)
  view.setUint32(16, keyBytes, true)
  bytes.set(id, FIXED)
  let at = FIXED + id.length
  for (const [key, , cameBack] of users) {
    const { written } = encoder.encodeInto(key, bytes.subarray(at + 2))
    view.setUint16(at, written | (cameBack ? CAME_BACK : 0), true)
    at += 2 + written
  }
  for (const [, baseline] of users) {
    for (const value of baseline) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true)
  return bytes
}

/**
 * Reads all before it gives any: a file that is damaged, cut short or made by hand leaves a store as it was. Memory is
 * bounded by the file's own length, whatever the file says of itself.
 *
 * @param layout that of the model which the baselines are for
 * @throws RangeError naming the first thing that is wrong, what it got and what it expected; never quotes a key
 */
export function baselinesFromBytes(bytes: Uint8Array, layout: StoreLayout): BaselineEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length - CHECKSUM
  if (end < FIXED)
    throw new RangeError(`baselines: got ${bytes.length} bytes when expected at least ${FIXED + CHECKSUM}`)
  if (view.getUint32(0, true) !== MAGIC)
    throw new RangeError('baselines: got other bytes than a file of baselines begins with')
  const version = view.getUint16(4, true)
  if (version !== VERSION) throw new RangeError(`baselines: got format version ${version} when expected ${VERSION}`)
  if (crc32(bytes.subarray(0, end)) !== view.getUint32(end, true))
    throw new RangeError('baselines: got a checksum that does not match when expected whole and unchanged bytes')

  const idBytes = view.getUint16(6, true)
  const width = view.getUint32(8, true)
  const users = view.getUint32(12, true)
  const keysAt = FIXED + idBytes
  const floatsAt = keysAt + view.getUint32(16, true)
  // Exact in doubles: at most 2^32 users of 2^32 floats.
  if (floatsAt + 4 * width * users !== end)
    throw new RangeError(`baselines: got ${users} users of ${width} numbers in a file that is not of that length`)
  const id = readText(bytes.subarray(FIXED, keysAt))
  if (id !== layout.id || width !== layout.width)
    throw new RangeError(
      `baselines: got the layout ${shown(id)} of ${width} numbers when expected ${layout.id} of ${layout.width}: they belong to another model`,
    )

  const keys = readKeys(bytes.subarray(keysAt, floatsAt), users)
  const floats = new Float32Array(width * users)
  for (let i = 0; i < floats.length; i++) {
    const value = view.getFloat32(floatsAt + 4 * i, true)
    if (!Number.isFinite(value)) throw new RangeError('baselines: got a number that is not finite')
    floats[i] = value
  }
  return keys.map(([key, cameBack], i) => [key, floats.subarray(i * width, (i + 1) * width), cameBack])
}

function readKeys(bytes: Uint8Array, users: number): (readonly [key: string, cameBack: boolean])[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const keys: (readonly [string, boolean])[] = []
  const seen = new Set<string>()
  let at = 0
  while (at + 2 <= bytes.length) {
    const head = view.getUint16(at, true)
    const from = at + 2
    at = from + (head & MAX_KEY_BYTES)
    if (at === from || at > bytes.length) throw new RangeError('baselines: got a key of a length that cannot be')
    const key = readText(bytes.subarray(from, at))
    if (key === undefined) throw new RangeError('baselines: got a key that is no UTF-8')
    if (seen.has(key)) throw new RangeError('baselines: got the same key twice')
    seen.add(key)
    keys.push([key, (head & CAME_BACK) !== 0])
  }
  if (at !== bytes.length || keys.length !== users)
    throw new RangeError(`baselines: got ${keys.length} keys when expected ${users}, and nothing after them`)
  return keys
}

/** Bytes of a text in UTF-8: to encode the keys twice over would take as much memory as the baselines do. */
function utf8Length(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) as number
    if (code > 0xffff) i++ // a pair of units
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code <= 0xffff ? 3 : 4
  }
  return length
}

function readText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A layout's id from a file, fit for a message. */
function shown(id: string | undefined): string {
  return id !== undefined && /^[\w./-]{1,80}$/.test(id) ? id : 'with a name that is none'
}

function expectBetween(what: string, got: number, low: number, high: number): void {
  if (got < low || got > high)
    throw new RangeError(`baselines: got ${got} ${what} when expected ${low === high ? low : `${low} to ${high}`}`)
}
