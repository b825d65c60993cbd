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
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most tests wait for PostgreSQL and NATS, so more of them than there are cores keep the cores busy.
    maxWorkers: 3,
  },
})
