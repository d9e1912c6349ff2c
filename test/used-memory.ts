import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// The collector is there all along, only its name is not.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes in use in this process's heap and beside it (typed arrays), garbage left out. */
export function usedBytes(): number {
  collectGarbage()
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
