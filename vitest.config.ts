import { defineConfig } from 'vitest/config';

const SECOND = 1000;

export default defineConfig({
  test: {
    globalSetup: ['test/support/vitest/global-setup.ts'],
    // Most of the work is done by child processes and the server.
    maxWorkers: 3,
    projects: [
      project('unit', 60 * SECOND),
      project('integration', 300 * SECOND),
      project('tool', 120 * SECOND),
      project('process', 120 * SECOND),
      project('faults', 1200 * SECOND),
    ],
  },
});

/** A folder of tests, with the time limit for a test on few cores. */
function project(name: string, timeout: number) {
  const include = [`test/${name}/**/*.test.ts`];
  const setupFiles = ['test/support/vitest/end-with-vitest.ts'];
  return { test: { name, include, setupFiles, testTimeout: timeout, hookTimeout: timeout } };
}
