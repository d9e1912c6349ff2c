import { type Model, modelFromBytes } from '../src/model.ts'
import { fromBase64 } from './base64.ts'
import { BYTES } from './default-bytes.ts'

let model: Model | undefined

/** The bundled model: an import that works in every runtime and bundler. Decoded on the first call, a few milliseconds. */
export function defaultModel(): Model {
  model ??= modelFromBytes(fromBase64(BYTES))
  return model
}
