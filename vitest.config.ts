import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/**/*.test.ts',
      'services/**/*.test.ts',
      'infra/**/*.test.ts',
      'e2e/**/*.test.ts',
    ],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Most tests wait for PostgreSQL and NATS, so two at a time keep both cores busy.
    maxWorkers: 2,
  },
})
