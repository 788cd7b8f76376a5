import process from 'node:process';
import { defineConfig } from 'vitest/config';

/** The unit tests alone, without a database: for their coverage, and for the mutation run, which repeats those of the core for every mutant. */
export default defineConfig({
  test: {
    include: process.env['CORE_ONLY'] ? ['test/unit/{crypto,layout,rotation}/**/*.test.ts'] : ['test/unit/**/*.test.ts'],
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      reporter: [['text', { skipFull: true }]],
      include: ['src/crypto/**', 'src/layout/**', 'src/rotation/**'],
      thresholds: { statements: 100, branches: 100, functions: 100, lines: 100 },
    },
  },
});
