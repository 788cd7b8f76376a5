import { defineConfig } from 'vitest/config';

/** The unit tests alone, without a database: what the mutation run repeats for every mutant. */
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
