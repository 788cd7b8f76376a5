// Adds up vitest's JSON reports: node count-tests.mjs REPORT…
// Fails where a test failed, and where none ran.
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';

const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2).filter(existsSync)) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  // A file that could not be loaded has no tests that could fail.
  const unloaded = report.testResults.filter((each) => each.status === 'failed' && each.assertionResults.length === 0);
  total.failed += report.numFailedTests + unloaded.length;
  total.skipped += report.numPendingTests + report.numTodoTests;
}
console.log(`tests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
