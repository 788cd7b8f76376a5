import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fillTable, useDatabase } from '../support/table/database.ts';
import { newKeys } from '../support/table/witness.ts';
import { expectNoSecret } from '../support/tool/known-secrets.ts';
import { runTool } from '../support/tool/run-tool.ts';

const database = useDatabase();
const keys = newKeys();
const env = { ENCRYPTION_KEYS: `${keys.new} ${keys.old}`, DATABASE_URL: database.url };
const folder = mkdtempSync(path.join(tmpdir(), 'status-metrics-'));
const file = path.join(folder, 'encryption-keys.prom');
afterAll(() => rmSync(folder, { recursive: true }));

const status = (change: Record<string, string> = {}, ...args: string[]) =>
  runTool(['status', '--metrics', file, ...args], { ...env, ...change });

/** @returns the values by their names, without their labels */
function metrics(): Record<string, number> {
  const text = readFileSync(file, 'utf8');
  expectNoSecret(text);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.replace(/\{.*| .*/u, ''), Number(line.split(' ').at(-1))]));
}

describe('status --metrics', () => {
  it('writes what Prometheus reads, whether something is due or not, over what was there', async () => {
    await fillTable(database, keys.new, 3);
    const start = Date.now() / 1000;
    expect((await status()).code).toBe(0);
    expect(metrics()).toMatchObject({ encryption_keys_due: 0, encryption_values_unreadable: 0 });
    await fillTable(database, keys.old, 2);
    expect((await status()).code).toBe(7);
    const { encryption_keys_due, encryption_keys_status_timestamp_seconds: time = 0 } = metrics();
    expect(encryption_keys_due).toBe(1);
    expect(time).toBeGreaterThan(start);
    expect(time).toBeLessThan(Date.now() / 1000);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['encryption-keys.prom']);
  });

  it.skipIf(spawnSync('promtool', ['--version']).error !== undefined)('passes promtool', async () => {
    await fillTable(database, keys.old, 2);
    await status();
    const {
      status: code,
      stdout,
      stderr,
    } = spawnSync('promtool', ['check', 'metrics'], { input: readFileSync(file), encoding: 'utf8' });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('leaves the last ones, with their time, if it cannot find out: an alert sees that they grow old', async () => {
    await status();
    const before = readFileSync(file, 'utf8');
    const failed = await status({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
    expect(failed.code).toBe(4);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('is refused, before anything is read, where a file must not be replaced', async () => {
    const link = path.join(folder, 'link.prom');
    symlinkSync(file, link);
    mkdirSync(path.join(folder, 'folder.prom'));
    for (const name of [link, path.join(folder, 'folder.prom'), '/dev/stdout', '/dev/null']) {
      const { code, stdout, stderr } = await runTool(['status', '--metrics', name], env);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`error: --metrics: ${name} is not a regular file`);
    }
  });

  it('exits 2 if the file cannot be written after all, and shows the status nevertheless', async () => {
    await fillTable(database, keys.new, 1);
    // The name of the temporary file is longer than a name can be.
    const tooLong = path.join(folder, 'x'.repeat(240));
    const { code, stdout, stderr } = await runTool(['status', '--metrics', tooLong], env);
    expect(code).toBe(2);
    expect(stdout).toContain('every row is under the first key');
    expect(stderr).toContain(`error: the metrics ${tooLong} could not be written (ENAMETOOLONG)`);
  });
});
