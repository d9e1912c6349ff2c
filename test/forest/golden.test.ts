import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Forest } from '../../src/forest/forest.ts'
import { averagePathLength, forestFromBytes } from '../../src/forest/index.ts'
import { Preorder } from '../../src/forest/preorder.ts'

/** What golden/forest.py wrote, which says how. */
interface Golden {
  columns: number
  sampleSize: number
  data: number[]
  trees: { left: number[]; right: number[]; feature: number[]; threshold: number[]; count: number[] }[]
  scores: number[]
  averagePathLength: [number, number][]
}
const golden: Golden = JSON.parse(readFileSync(new URL('../golden/forest.golden.json', import.meta.url), 'utf8'))

function forestOf({ columns, sampleSize, data, trees }: Golden): Forest {
  const nodes = new Preorder()
  let maxDepth = 0
  for (const tree of trees) {
    const add = (node: number, depth: number): void => {
      const feature = tree.feature[node] as number
      const count = tree.count[node] as number
      maxDepth = Math.max(maxDepth, depth)
      if (feature < 0) {
        nodes.leaf(count)
        return
      }
      nodes.split(feature, (Math.floor((tree.threshold[node] as number) * 64) + 1) / 64, count)
      add(tree.left[node] as number, depth + 1)
      add(tree.right[node] as number, depth + 1)
    }
    add(0, 0)
  }
  const bounds = new Float32Array(columns * 2)
  for (let f = 0; f < columns; f++) {
    const values = data.filter((_, i) => i % columns === f)
    bounds.set([Math.min(...values), Math.max(...values)], 2 * f)
  }
  return new Forest({ columns, trees: trees.length, scoring: 'depth', sampleSize, maxDepth, bounds, nodes })
}

describe("scikit-learn's trees", () => {
  const forest = forestOf(golden)
  const data = Float32Array.from(golden.data)

  it('score here what they score there', () => {
    const scores = forest.scoreMany(data)
    expect(scores.length).toBe(golden.scores.length)
    scores.forEach((score, i) => {
      expect(score).toBeCloseTo(golden.scores[i] as number, 6)
    })
  })

  it('survive being written, though nothing here grew them', () => {
    expect(forestFromBytes(forest.toBytes()).scoreMany(data)).toEqual(forest.scoreMany(data))
  })

  it('share one c(n)', () => {
    for (const [n, length] of golden.averagePathLength) expect(averagePathLength(n)).toBeCloseTo(length, 9)
  })
})
