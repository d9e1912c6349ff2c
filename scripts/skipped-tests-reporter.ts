import type { Reporter, TestModule } from 'vitest/node'

/** Names every skipped test at the end of a run: a skip that nobody sees is a test that nobody has. */
export default class SkippedTestsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      Array.from(module.children.allTests('skipped'), (test) => `  ${module.relativeModuleId} > ${test.fullName}`),
    )
    if (skipped.length > 0) console.log(['', `${skipped.length} skipped:`, ...skipped].join('\n'))
  }
}
