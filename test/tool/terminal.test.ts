import { expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fillTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import type { ToolRun } from '../support/tool/run-tool.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const freshKey = secret(newKey());

/** Runs `verify`, which fails. @returns what it wrote */
async function failingVerify(isTTY: boolean, args: readonly string[] = []): Promise<ToolRun> {
  await fillTable(database, oldKey, 3);
  const run = await runHere(['verify', ...args], { NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: database.url }, isTTY);
  expect(run.code).toBe(6);
  return run;
}

it('says once, on a terminal that shows both streams, how a run failed and what to do', async () => {
  const { stdout, stderr } = await failingVerify(true);
  expect(stdout).toContain('the new key cannot decrypt any of the 3 rows');
  expect(stdout).toContain('1. keep the old key');
  expect(stderr).not.toContain('error:');
});

it.each([
  ['where the summary goes elsewhere', false, []],
  ['with --quiet', true, ['--quiet']],
  ['with --json', true, ['--json']],
])('says on stderr how a run failed and what to do, %s', async (_case, isTTY, args) => {
  const { stderr } = await failingVerify(isTTY, args);
  expect(stderr).toMatch(/error:.* the new key cannot decrypt any of the 3 rows\n.*hint:.* keep the old key/u);
});
