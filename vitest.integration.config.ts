import { defineConfig } from 'vitest/config'

// Tests against foreign servers, each a file of test/integration/: `npm run test:integration`. They install or build what
// they need, once, into .cache/, and a file that cannot says what is missing.

const ci = process.env.CI === undefined ? [] : (['json'] as const)

export default defineConfig({
  test: {
    name: 'integration',
    include: ['test/integration/**/*.test.ts'],
    reporters: ['default', './scripts/skipped-tests-reporter.ts', ...ci],
    outputFile: { json: '.ci/results/integration.json' },
    // Servers are built and started one after the other: each may want the whole machine.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
  },
})
