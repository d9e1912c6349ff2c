import type { Judged } from '../../../model/evaluate.ts'

export interface Curves {
  /** False positive rate and recall. */
  readonly roc: readonly (readonly [x: number, y: number])[]
  /** Recall and precision. */
  readonly precisionRecall: readonly (readonly [x: number, y: number])[]
}

/** Points of a curve that is drawn: more would not be seen. */
const MOST_POINTS = 240

/** The curves of all thresholds, strictest first, thinned where nothing changes to the eye. */
export function curvesOf({ scores }: Judged, kinds: readonly string[]): Curves {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i)
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number))
  const odd = kinds.reduce((sum, kind) => sum + (kind === '' ? 0 : 1), 0)
  const normal = kinds.length - odd
  const roc: [number, number][] = [[0, 0]]
  const precisionRecall: [number, number][] = []
  let found = 0
  let wrong = 0
  order.forEach((row, place) => {
    if (kinds[row] === '') wrong++
    else found++
    // Rows of one score stand or fall together: a point only after the last of them.
    const next = order[place + 1]
    if (next !== undefined && scores[next] === scores[row]) return
    const last = next === undefined
    addPoint(roc, wrong / normal, found / odd, last)
    if (found > 0) addPoint(precisionRecall, found / odd, found / (found + wrong), last)
  })
  return { roc, precisionRecall }
}

function addPoint(points: [number, number][], x: number, y: number, last: boolean): void {
  const before = points.at(-1)
  const step = 2 / MOST_POINTS
  if (before === undefined || last || Math.abs(x - before[0]) + Math.abs(y - before[1]) >= step) points.push([x, y])
}
