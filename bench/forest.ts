/**
 * The speed of the forest: scoring beside a branchless C scorer of the same nodes, fitting, reading, explaining.
 *
 *     node bench/forest.ts
 *
 * What counts is the ratio to C, taken in one run; times depend on the machine and on what else it does.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { readBlueprint } from '../src/forest/bytes.ts'
import { type FitOptions, type Forest, fitForest, forestFromBytes } from '../src/forest/index.ts'
import { layOut } from '../src/forest/layout.ts'
import { leafValues } from '../src/forest/leaf-values.ts'
import { BEHAVIOUR_COLUMNS, behaviourRows } from '../test/forest/data.ts'

const ROWS = 20_000
const ROUNDS = 15

interface Timing {
  min: number
  mean: number
}

/** Milliseconds of `run`, after one round to warm up. */
function time(run: () => void, rounds = ROUNDS): Timing {
  run()
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
  return { min: Math.min(...times), mean: times.reduce((sum, t) => sum + t) / rounds }
}

const print = (what: string, { min, mean }: Timing, unit: string, scale = 1): void =>
  console.log(`${what.padEnd(44)} min ${(min * scale).toFixed(3)}  mean ${(mean * scale).toFixed(3)}  ${unit}`)

/** The same nodes scored by forest-c.c; undefined where there is no C compiler. */
function timeC(forest: Forest, rows: Float32Array): { timing: Timing; raw: Float64Array } | undefined {
  if (spawnSync('cc', ['--version']).error) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'forest-c-'))
  try {
    const [binary, data] = [join(directory, 'forest-c'), join(directory, 'forest')]
    const source = fileURLToPath(new URL('forest-c.c', import.meta.url))
    execFileSync('cc', ['-O3', '-march=native', '-o', binary, source])
    const blueprint = readBlueprint(forest.toBytes())
    const layout = layOut(blueprint, leafValues(blueprint))
    const pairs = Int32Array.from({ length: layout.steps.length / 2 }, (_, i) =>
      Math.max(layout.steps[2 * i] as number, layout.steps[2 * i + 1] as number),
    )
    const head = Int32Array.of(forest.columns, layout.links.length, forest.trees, rows.length / forest.columns)
    const parts = [head, layout.thresholds, layout.links, layout.values, pairs, rows]
    writeFileSync(data, Buffer.concat(parts.map((part) => new Uint8Array(part.buffer))))
    const [times, ...raw] = execFileSync(binary, [data], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      .trim()
      .split('\n')
    const [min, mean] = (times as string).split(' ').map(Number) as [number, number]
    return { timing: { min: min / 1000, mean: mean / 1000 }, raw: Float64Array.from(raw, Number) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const rows = behaviourRows(ROWS, 1)

function measure(name: string, options: FitOptions): void {
  const forest = fitForest(rows, BEHAVIOUR_COLUMNS, options)
  const bytes = forest.toBytes()
  console.log(`${name}: ${forest.trees} trees of ${forest.sampleSize} rows, ${forest.columns} columns`)

  const out = new Float64Array(ROWS)
  const typescript = time(() => forest.scoreMany(rows, out))
  print('score a row', typescript, 'us', 1000 / ROWS)
  const c = timeC(forest, rows)
  if (c) {
    print('score a row, C', c.timing, 'us')
    console.log(`  ratio to C: min ${((typescript.min * 1000) / ROWS / c.timing.min).toFixed(2)}`)
    const far = c.raw.findIndex((raw, i) => Math.abs(raw - forest.rawOutput(rows, i * BEHAVIOUR_COLUMNS)) > 1e-12)
    if (far >= 0) throw new Error(`row ${far}: C and TypeScript differ`)
    console.log(`  the raw outputs of all ${ROWS} rows agree to 1e-12`)
  } else console.log('score a row, C: no cc on this machine')

  const contributions = new Float64Array(BEHAVIOUR_COLUMNS)
  const explained = 200
  const subjects = Array.from({ length: explained }, (_, i) =>
    rows.slice(i * BEHAVIOUR_COLUMNS, (i + 1) * BEHAVIOUR_COLUMNS),
  )
  const normal = new Float32Array(BEHAVIOUR_COLUMNS)
  const explain = (): void => {
    for (let i = 0; i < explained; i++) forest.explain(subjects[i] as Float32Array, normal, contributions)
  }
  print('explain a row', time(explain), 'ms', 1 / explained)
  const fit = (): Forest => fitForest(rows, BEHAVIOUR_COLUMNS, options)
  print(`fit to ${ROWS} rows`, time(fit), 'ms')
  const read = (): Forest => forestFromBytes(bytes)
  print('read from bytes', time(read), 'ms')

  const module = `export default '${Buffer.from(bytes).toString('base64')}'\n`
  console.log(`bytes ${bytes.length}, gzipped ${gzipSync(bytes, { level: 9 }).length}`)
  console.log(`as base64 in a module, gzipped ${gzipSync(module, { level: 9 }).length}\n`)
}

console.log(`Node ${process.version}\n`)
measure('plain', { scoring: 'depth', featureChoice: 'uniform' })
measure('default', {})
