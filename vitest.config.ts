import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

// CI reads the counts from a file: what it says of a run is what the runner counted.
const ci = process.env.CI === undefined ? [] : (['json'] as const)
const github = process.env.GITHUB_ACTIONS === undefined ? [] : (['github-actions'] as const)

export default defineConfig({
  test: {
    reporters: ['default', './scripts/skipped-tests-reporter.ts', ...ci, ...github],
    outputFile: { json: '.ci/results/tests.json' },
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/workerd/**', 'test/integration/**', 'test/deploy/**'],
          setupFiles: ['test/seeded.ts'],
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './test/workerd/wrangler.toml' } })],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          exclude: ['test/workerd/service/**'],
          // After the others: workerd starts slowly on a busy machine, and Vitest does not wait for ever.
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The service as it is deployed, but for the keys, of which a deployment has its own.
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './deploy/wrangler.service.toml' },
            miniflare: { bindings: { HEDGEROW_INSECURE: 'true', HEDGEROW_LOG_LEVEL: 'silent' } },
          }),
        ],
        test: {
          name: 'workerd-service',
          include: ['test/workerd/service/**/*.test.ts'],
          globalSetup: ['scripts/docs-assets.ts'],
          sequence: { groupOrder: 2 },
          // The first request has the whole Worker transformed.
          testTimeout: 60_000,
        },
      },
    ],
  },
})
