import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Vitest leaves one processor to itself, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          // No file changes what another sees; a process per file would cost as much as the tests.
          isolate: false,
          // Against tests that hang; a busy machine may be several times slower than an idle one.
          testTimeout: 30_000,
          include: [
            'src/**/*.test.ts',
            'test/*.test.ts',
            'test/scenario/**/*.test.ts',
            'test/conformance/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
            'test/platform/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      // Beside the end-to-end tests, since it mostly waits.
      { test: { name: 'idle', include: ['test/idle/**/*.test.ts'], testTimeout: 1_200_000, hookTimeout: 120_000 } },
    ],
  },
})
