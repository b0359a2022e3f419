import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    include: ['test/**/*.test.ts'],
    // A test that waits for a condition carries its own deadline; this one only ends a hang.
    testTimeout: 60_000,
    hookTimeout: 30_000,
    // Many tests wait for processes and timers: on two cores, two files at a time take two thirds of the time of one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    restoreMocks: true,
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: '.test-report/results.json' }]]
      : ['default'],
  },
});
