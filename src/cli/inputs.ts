import { createReadStream, type Stats } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandError, systemReason } from './exit.ts'
import { standardInput } from './standard-input.ts'

/** One of EVENTS: a file, or the standard input. */
export interface Input {
  /** As messages name it. */
  readonly name: string
  /** Bytes to come, compressed as they are; undefined where nobody knows. */
  readonly bytes: number | undefined
  /** From its beginning. Can be called again where the input is a file, or was spooled. */
  open(): AsyncIterable<Uint8Array>
}

/** What is read at once: large enough to make little of each call, small enough for an answer at every line. */
const CHUNK_BYTES = 262_144

/**
 * Opens EVENTS: checks that each is there, reads none of it.
 *
 * @param paths files, or `-` once for the standard input
 * @param ending ends the standard input, once it is settled
 * @throws CommandError naming the file and why it cannot be read
 */
export async function inputsOf(
  paths: readonly string[],
  signal: AbortSignal,
  ending?: Promise<void>,
): Promise<Input[]> {
  if (paths.filter((path) => path === '-').length > 1)
    throw new CommandError('got - twice, wanted the standard input once')
  return await Promise.all(
    paths.map((path) => (path === '-' ? fromStandardInput(signal, ending) : fileInput(path, signal))),
  )
}

function fromStandardInput(signal: AbortSignal, ending: Promise<void> | undefined): Input {
  return { name: '-', bytes: undefined, open: () => standardInput(signal, ending) }
}

async function fileInput(path: string, signal: AbortSignal): Promise<Input> {
  let found: Stats
  try {
    found = await stat(path)
    if (found.isFile()) await (await open(path)).close()
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${systemReason(cause)}`, { cause })
  }
  if (found.isDirectory()) throw new CommandError(`cannot read ${path}: is a folder, wanted a file`)
  const options = { highWaterMark: CHUNK_BYTES, signal }
  if (!found.isFile()) return { name: path, bytes: undefined, open: () => createReadStream(path, options) }
  // A log may grow while it is read: no reading goes beyond what was there at first, so that all see the same.
  const { size } = found
  return { name: path, bytes: size, open: () => createReadStream(path, { ...options, ...upTo(size) }) }
}

/** The option for a stream's end names the last byte, and an empty file has none. */
function upTo(size: number): { end?: number } {
  return size === 0 ? {} : { end: size - 1 }
}

/**
 * Makes each input one that can be read again: what is no file is written to a private temporary one, which has no name
 * any more as soon as it is open, so that it is gone however the process ends.
 */
export async function rereadable(
  inputs: readonly Input[],
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<{ readonly inputs: readonly Input[]; readonly close: () => Promise<void> }> {
  const files: FileHandle[] = []
  const close = async (): Promise<void> => {
    for (const file of files) await file.close()
  }
  try {
    const again: Input[] = []
    for (const input of inputs) {
      if (input.bytes !== undefined) again.push(input)
      else again.push(await spool(input, files, signal, onBytes))
    }
    return { inputs: again, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function spool(
  input: Input,
  files: FileHandle[],
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<Input> {
  const folder = await mkdtemp(join(tmpdir(), 'hedgerow-'))
  let file: FileHandle
  try {
    file = await open(join(folder, 'events'), 'wx+', 0o600)
    files.push(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  let size = 0
  try {
    for await (const chunk of input.open()) {
      signal.throwIfAborted()
      onBytes(chunk.length)
      await file.writeFile(chunk)
      size += chunk.length
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw new CommandError(`cannot keep ${input.name} for a second reading: ${systemReason(cause)}`, { cause })
  }
  return { name: input.name, bytes: size, open: () => chunksOf(file, size) }
}

/** A stream would want to close the file, which has no name to be opened by again. */
async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
