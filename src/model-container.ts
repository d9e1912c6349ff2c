/**
 * The bytes of a model file, all little-endian:
 *
 *     "HDGR" | u16 version | u16 runs of numbers | u32 header length | u32 length of each run, in floats |
 *     header (JSON, UTF-8) | the runs (float32) | forest | u32 CRC-32 of all before
 */
const MAGIC = 0x52474448
const VERSION = 1
const FIXED = 12
const MAX_RUNS = 16
const MAX_HEADER = 64 * 1024
const MAX_FLOATS = 65_536

export interface Container {
  readonly header: string
  readonly runs: readonly Float32Array[]
  readonly forest: Uint8Array
}

export function writeContainer(
  header: string,
  runs: readonly Float32Array[],
  forest: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header)
  const floats = runs.reduce((sum, run) => sum + run.length, 0)
  const bytes = new Uint8Array(FIXED + 4 * runs.length + text.length + 4 * floats + forest.length + 4)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, VERSION, true)
  view.setUint16(6, runs.length, true)
  view.setUint32(8, text.length, true)
  let at = FIXED
  for (const run of runs) {
    view.setUint32(at, run.length, true)
    at += 4
  }
  bytes.set(text, at)
  at += text.length
  for (const run of runs) {
    for (const value of run) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  bytes.set(forest, at)
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
  return bytes
}

/** @throws RangeError naming the first thing that is wrong, what it got and what it expected */
export function readContainer(bytes: Uint8Array): Container {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < FIXED + 4)
    throw new RangeError(`model: got ${bytes.length} bytes when expected at least ${FIXED + 4}`)
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('model: got other bytes than a model file begins with')
  const version = view.getUint16(4, true)
  if (version !== VERSION) throw new RangeError(`model: got format version ${version} when expected ${VERSION}`)
  const checksum = crc32(bytes.subarray(0, -4))
  if (checksum !== view.getUint32(bytes.length - 4, true)) {
    throw new RangeError('model: got a checksum that does not match when expected whole and unchanged bytes')
  }
  const runCount = expectAtMost('runs of numbers', view.getUint16(6, true), MAX_RUNS)
  const headerLength = expectAtMost('header bytes', view.getUint32(8, true), MAX_HEADER)
  let at = FIXED + 4 * runCount
  if (at + headerLength + 4 > bytes.length) throw new RangeError('model: got a header that is longer than the file')
  const lengths = Array.from({ length: runCount }, (_, i) =>
    expectAtMost('numbers', view.getUint32(FIXED + 4 * i, true), MAX_FLOATS),
  )
  const header = new TextDecoder().decode(bytes.subarray(at, at + headerLength))
  at += headerLength
  const runs = lengths.map((length) => {
    if (at + 4 * length + 4 > bytes.length)
      throw new RangeError(`model: got ${length} numbers where the file has no room for them`)
    const run = Float32Array.from({ length }, (_, i) => view.getFloat32(at + 4 * i, true))
    at += 4 * length
    return run
  })
  return { header, runs, forest: bytes.subarray(at, bytes.length - 4) }
}

function expectAtMost(what: string, got: number, most: number): number {
  if (got > most) throw new RangeError(`model: got ${got} ${what} when expected at most ${most}`)
  return got
}

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
  return crc
})

/** CRC-32 (ISO 3309, as in gzip and PNG). */
export function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (let i = 0; i < bytes.length; i++) crc = (CRC_TABLE[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8)
  return (crc ^ -1) >>> 0
}
