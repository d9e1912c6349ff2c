import { readFile } from 'node:fs/promises'
import { defaultModel } from '../../model/default.ts'
import { layoutOf, type Model, modelFromBytes } from '../model.ts'
import type { MemoryBaselines } from '../store/memory.ts'
import { baselinesFromBytes, baselinesToBytes } from '../store/snapshot.ts'
import { CommandError, systemReason } from './exit.ts'

/**
 * @param path undefined: the bundled model
 * @throws CommandError naming the file and what is wrong with it
 */
export async function readModel(path: string | undefined): Promise<Model> {
  if (path === undefined) return defaultModel()
  const bytes = await readBytes(path)
  try {
    return modelFromBytes(bytes)
  } catch (cause) {
    throw new CommandError(`${path}: ${systemReason(cause)}`, { cause })
  }
}

/** @throws CommandError naming the file and what is wrong with it */
export async function readBaselines(path: string, model: Model, into: MemoryBaselines): Promise<void> {
  const bytes = await readBytes(path)
  try {
    into.restore(baselinesFromBytes(bytes, layoutOf(model)))
  } catch (cause) {
    throw new CommandError(`${path}: ${systemReason(cause)}`, { cause })
  }
}

/** The bytes of a file of baselines. */
export function baselinesFile(model: Model, baselines: MemoryBaselines): Uint8Array {
  return baselinesToBytes(layoutOf(model), baselines.entries())
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${systemReason(cause)}`, { cause })
  }
}
