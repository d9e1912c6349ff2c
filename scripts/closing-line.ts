import { readFileSync } from 'node:fs'

// Prints `N passed, N failed` from the test runner's JSON report. A file that did not load counts as one failure: its
// tests were never counted.

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

const report = JSON.parse(readFileSync(process.argv[2] ?? '.ci/results/tests.json', 'utf8')) as Report
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
const skipped = report.numPendingTests + report.numTodoTests
const counts = `${report.numPassedTests} passed, ${report.numFailedTests + unloaded.length} failed`
console.log(skipped > 0 ? `${counts}, ${skipped} skipped` : counts)
