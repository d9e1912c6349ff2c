import { createWriteStream } from 'node:fs'
import { lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CommandError, systemReason } from './exit.ts'

/**
 * Writes a file whole or not at all: under a temporary name in the same folder first, then renamed. Whatever ends the
 * work in between, what was there before stays.
 *
 * @throws CommandError naming the file and why it cannot be written
 */
export async function writeWhole(
  path: string,
  content: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const target = await targetOf(path)
  const temporary = beside(target, 'tmp')
  try {
    await pipeline(Readable.from(content), createWriteStream(await clear(temporary), { flags: 'wx' }), { signal })
    // Renamed before its content is on the disk, a file may be empty after a power cut.
    await synchronise(temporary)
    signal.throwIfAborted()
    await rename(temporary, target)
  } catch (cause) {
    await rm(temporary, { force: true })
    signal.throwIfAborted()
    if (cause instanceof CommandError) throw cause
    throw new CommandError(`cannot write ${path}: ${systemReason(cause)}`, { cause })
  }
}

/**
 * Fails at once where a file could not be written at the end of long work.
 *
 * @throws CommandError naming the file and why
 */
export async function expectWritable(path: string): Promise<void> {
  const target = await targetOf(path)
  const probe = beside(target, 'probe')
  try {
    await (await open(await clear(probe), 'wx')).close()
  } catch (cause) {
    throw new CommandError(`cannot write ${path}: ${systemReason(cause)}`, { cause })
  } finally {
    await rm(probe, { force: true })
  }
}

/** A name in the same folder for this process alone. */
function beside(target: string, kind: string): string {
  return join(dirname(target), `.${basename(target)}.${process.pid}.${kind}`)
}

/** One of this number, which in a container is always 1, may have been killed. */
async function clear(path: string): Promise<string> {
  await rm(path, { force: true })
  return path
}

/** Where the bytes go: behind a link, so that the link stays one; never a folder or a device. */
async function targetOf(path: string): Promise<string> {
  try {
    const there = await lstat(path)
    const target = there.isSymbolicLink() ? await realpath(path) : path
    if (!(await lstat(target)).isFile()) throw new CommandError(`cannot write ${path}: it is there, and is no file`)
    return target
  } catch (error) {
    if (error instanceof CommandError) throw error
    return path
  }
}

async function synchronise(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
