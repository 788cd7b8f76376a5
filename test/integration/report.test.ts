import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reportSchema } from '../../src/cli/report.ts';
import { encrypt, insertKeys, newKey } from '../support/application.ts';
import { expectNoSecret, secret } from '../support/canaries.ts';
import { fillTable, useDatabase } from '../support/database.ts';
import { runHere } from '../support/run-here.ts';
import { startTool, type ToolEnv, workFolder } from '../support/run-tool.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: secret(newKey()), DATABASE_URL: database.url };
const file = path.join(workFolder, 'report.json');

function readReport(): z.infer<typeof reportSchema> {
  const text = readFileSync(file, 'utf8');
  expectNoSecret(text);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  return reportSchema.parse(JSON.parse(text));
}

describe('the report', () => {
  it('is described by docs/report.schema.json, which `vitest run -u` makes anew', async () => {
    const schema = `${JSON.stringify(z.toJSONSchema(reportSchema), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(path.join(import.meta.dirname, '..', '..', 'docs', 'report.schema.json'));
  });

  it('is the same in the file and on stdout, and replaces an older file', async () => {
    await fillTable(database, oldKey, 5);
    const backup = path.join(workFolder, 'report-backup');
    const runs: [string[], ToolEnv, object][] = [
      [['--dry-run'], env, { command: 'rotate', dryRun: true, outcome: 'rehearsed', exitCode: 0 }],
      [['--backup', backup], env, { command: 'rotate', dryRun: false, outcome: 'rotated', rotated: 5, plaintexts: 'unchanged' }],
      [['verify'], env, { command: 'verify', outcome: 'verified', keys: { old: null } }],
      [
        ['restore', backup],
        env,
        { command: 'restore', outcome: 'restored', restore: { restored: 5 }, keys: { old: null, new: null } },
      ],
      [['--batch-size', '2'], env, { command: 'rotate', outcome: 'rotated' }],
      [['--rollback'], env, { command: 'rollback', outcome: 'rotated', rotated: 5 }],
      [
        ['--dry-run'],
        { ...env, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' },
        { outcome: 'stopped', table: null, exitCode: 4 },
      ],
    ];
    for (const [args, runEnv, expected] of runs) {
      const { code, stdout } = await runHere([...args, '--json', '--report', file], runEnv);
      const report = readReport();
      expect(report).toMatchObject(expected);
      expect(report.exitCode).toBe(code);
      expect(JSON.parse(stdout)).toEqual(report);
    }
  });

  it('lists unreadable rows with the reason for each', async () => {
    const [id] = await insertKeys(database.pool, [{ ...encrypt(oldKey, 'x'), tag: 'zz' }]);
    await runHere(['--report', file], env);
    expect(readReport()).toMatchObject({
      exitCode: 3,
      unreadable: [{ id, reason: 'malformed', column: 'tag', problem: 'not hex' }],
    });
  });

  it('is written also when the run is interrupted', async () => {
    await fillTable(database, oldKey, 2000);
    const tool = startTool(['--verbose', '--report', file], env);
    await new Promise<void>((resolve) => {
      tool.child.stderr?.on('data', (text: Buffer) => {
        if (text.includes('Rotated key')) resolve();
      });
    });
    tool.child.kill('SIGTERM');
    expect((await tool.end).code).toBe(143);
    const report = readReport();
    expect(report).toMatchObject({ outcome: 'stopped', exitCode: 143, after: null });
    expect(report.rotated).toBeGreaterThan(0);
  });

  it('replaces nothing but an earlier report', async () => {
    await fillTable(database, oldKey, 2);
    const keyFile = path.join(workFolder, 'precious.key');
    const link = path.join(workFolder, 'link');
    const dangling = path.join(workFolder, 'dangling');
    writeFileSync(keyFile, oldKey);
    symlinkSync(keyFile, link);
    symlinkSync(path.join(workFolder, 'nowhere'), dangling);
    const fresh = path.join(workFolder, 'fresh');
    const refused: [string[], string][] = [
      [['--report', keyFile], 'precious.key exists already'],
      [['--report', link], 'link exists already'],
      [['--report', dangling], 'dangling exists already'],
      [['--report', '/dev/null'], '/dev/null exists already'],
      [['--report', ''], "--report: '' names no file"],
      [['--report', `${fresh}/`], 'names no file'],
      [['--backup', ''], "--backup: '' names no file"],
      [['--backup', fresh, '--report', path.join(workFolder, '.', 'fresh')], '--report and --backup name the same file'],
    ];
    for (const [args, message] of refused) {
      const { code, stderr } = await runHere(args, env);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
    expect(readFileSync(link, 'utf8')).toBe(oldKey);
    expect((await runHere(['--backup', fresh], env)).code).toBe(0);
    expect((await runHere(['restore', fresh, '--report', fresh], env)).code).toBe(2);
    expect((await runHere(['restore', fresh], env)).code).toBe(0);
  });

  it('is refused before anything is done where its folder does not exist', async () => {
    const { code, stderr } = await runHere(['--report', '/no/such/folder/report.json'], env);
    expect(code).toBe(2);
    expect(stderr).toContain('--report: no file can be made in /no/such/folder');
    expect(existsSync('/no/such/folder')).toBe(false);
  });
});
