import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { newKey } from '../support/application.ts';
import { expectNoSecret, secret } from '../support/canaries.ts';
import { fillTable, useDatabase } from '../support/database.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const freshKey = secret(newKey());

/** Runs `verify`, which fails, in this process. @returns what it wrote */
async function failingVerify(isTTY: boolean, args: readonly string[] = []): Promise<{ stdout: string; stderr: string }> {
  await fillTable(database, oldKey, 3);
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  const env = { NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: database.url };
  const interruption = new AbortController().signal;
  expect(await main({ argv: ['verify', ...args], env, stdout, stderr, interruption })).toBe(6);
  const written = { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  expectNoSecret(written.stdout + written.stderr);
  return written;
}

it('says once, on a terminal that shows both streams, how a run failed and what to do', async () => {
  const { stdout, stderr } = await failingVerify(true);
  expect(stdout).toContain('the new key opens none of 3 rows');
  expect(stdout).toContain('1. keep the old key');
  expect(stderr).not.toContain('error:');
});

it.each([
  ['where the summary goes elsewhere', false, []],
  ['with --quiet', true, ['--quiet']],
  ['with --json', true, ['--json']],
])('says on stderr how a run failed and what to do, %s', async (_case, isTTY, args) => {
  const { stderr } = await failingVerify(isTTY, args);
  expect(stderr).toMatch(/error:.* the new key opens none of 3 rows\n.*hint:.* keep the old key/u);
});
