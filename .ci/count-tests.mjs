// Adds up vitest's JSON reports: node count-tests.mjs REPORT…
// Names the tests that failed. Fails if one did, if one that was to run did not, if a report is missing, and if no test ran.
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
    for (const { name, status, message, assertionResults } of report.testResults) {
      const failed = assertionResults.some((test) => test.status === 'failed');
      // A file that could not be loaded, or whose beforeAll or afterAll failed, need not have a test that did.
      if (status === 'failed' && !failed) {
        total.failed += 1;
        console.log(`failed: ${path.relative('', name)}\n  ${message}`);
      }
      // Tests that were left out count as skipped, those that were never come to as failed.
      for (const test of assertionResults) {
        if (test.status === 'failed') {
          console.log(`failed: ${path.relative('', name)}: ${test.fullName}\n  ${test.failureMessages.join('\n').slice(0, 2000)}`);
        }
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
