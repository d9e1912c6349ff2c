/** A name, and what is timed. */
export type Case = readonly [name: string, run: () => unknown]

/** What is measured: milliseconds of the wall clock, or of processor time in all threads, which other programs disturb less. */
export type Clock = 'wall' | 'cpu'

const WARM_UP_ROUNDS = 2

/**
 * Times cases that do `count` things each and prints microseconds, rate, and the ratio to the first case for each of them.
 * The cases take turns, so that a change in the machine's mood strikes all of them.
 */
export async function timeInTurns(
  cases: readonly Case[],
  { count, what, rounds, clock }: { count: number; what: string; rounds: number; clock: Clock },
): Promise<void> {
  const times = cases.map((): number[] => [])
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [i, [, run]] of cases.entries()) {
      const before = now(clock)
      await run()
      if (round >= 0) times[i]?.push(((now(clock) - before) * 1_000) / count)
    }
  }
  const best = times.map((each) => Math.min(...each))
  console.log(`${''.padEnd(24)}best us    median${`${what}/s`.padStart(15)}   ratio`)
  for (const [i, [name]] of cases.entries()) {
    const median = (times[i] ?? []).sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN
    const time = best[i] ?? Number.NaN
    const rate = Math.round(1e6 / time).toLocaleString('en')
    console.log(
      `${name.padEnd(24)}${time.toFixed(3).padStart(7)}${median.toFixed(3).padStart(10)}${rate.padStart(15)}` +
        (time / (best[0] ?? Number.NaN)).toFixed(2).padStart(8),
    )
  }
}

function now(clock: Clock): number {
  if (clock === 'wall') return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
