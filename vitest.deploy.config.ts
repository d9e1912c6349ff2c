import { defineConfig } from 'vitest/config'

// `npm run test:deploy` calls it: it needs servers that `npm test` must not need.
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    reporters: ['default', './scripts/skipped-tests-reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // They measure memory and time: one after the other.
    fileParallelism: false,
  },
})
