// Adds up vitest's JSON reports: node count-tests.mjs REPORT…
// Fails if a test failed, if a test did not run although it should have, if a report is missing, or if no test ran.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests;
    total.skipped += report.numTodoTests;
    for (const { status, assertionResults } of report.testResults) {
      const failed = assertionResults.some((test) => test.status === 'failed');
      // A file that could not be loaded, or whose beforeAll or afterAll failed, need not have a test that did.
      if (status === 'failed' && !failed) total.failed += 1;
      // Tests that were excluded count as skipped, tests that were never reached as failed.
      for (const test of assertionResults) {
        if (test.status === 'skipped') total.skipped += 1;
        if (test.status === 'pending') total.failed += 1;
      }
    }
  } catch {
    console.error(`No report of a whole run: ${path.basename(file)}`);
    total.failed += 1;
  }
}
console.log(`tests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
