import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reportSchema } from '../../src/report/report-schema.ts';
import { encrypt, insertKeys, newKey } from '../support/application/application.ts';
import { fillTable, useDatabase } from '../support/table/database.ts';
import { expectNoSecret, secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool, type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: secret(newKey()), DATABASE_URL: database.url };
let reports = 0;

/** @returns a name that no file has: reports are never overwritten */
function newFile(): string {
  reports += 1;
  return path.join(workFolder, `report-${reports}.json`);
}

function readReport(file: string): z.infer<typeof reportSchema> {
  const text = readFileSync(file, 'utf8');
  expectNoSecret(text);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  return reportSchema.parse(JSON.parse(text));
}

describe('the report', () => {
  it('is described by docs/report.schema.json, which `vitest run -u` regenerates', async () => {
    const schema = `${JSON.stringify(z.toJSONSchema(reportSchema), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(path.join(import.meta.dirname, '..', '..', 'docs', 'report.schema.json'));
  });

  it('is the same in the file and on stdout', async () => {
    await fillTable(database, oldKey, 5);
    const backup = path.join(workFolder, 'report-backup');
    const runs: [string[], ToolEnv, object][] = [
      [['--dry-run'], env, { command: 'rotate', dryRun: true, ending: 'rehearsed', exitCode: 0 }],
      [
        ['--backup', backup],
        env,
        { command: 'rotate', dryRun: false, ending: 'rotated', fields: [{ rotated: 5, plaintexts: 'unchanged' }] },
      ],
      [['verify'], env, { command: 'verify', ending: 'verified', keys: [{ role: 'target', name: 'new' }] }],
      [['restore', backup], env, { command: 'restore', ending: 'restored', fields: [{ restore: { restored: 5 } }], keys: [] }],
      [['--batch-size', '2'], env, { command: 'rotate', ending: 'rotated' }],
      [
        ['--rollback'],
        env,
        {
          command: 'rotate',
          ending: 'rotated',
          fields: [{ rotated: 5 }],
          keys: [
            { role: 'target', name: 'old' },
            { role: 'source', name: 'new' },
          ],
        },
      ],
      [
        ['--dry-run'],
        { ...env, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' },
        { ending: 'stopped', fields: [{ table: null }], exitCode: 4 },
      ],
    ];
    for (const [args, runEnv, expected] of runs) {
      const file = newFile();
      const { code, stdout } = await runHere([...args, '--json', '--report', file], runEnv);
      const report = readReport(file);
      expect(report).toMatchObject(expected);
      expect(report.exitCode).toBe(code);
      expect(JSON.parse(stdout)).toEqual(report);
    }
  });

  it('lists unreadable rows with the reason for each', async () => {
    const [id] = await insertKeys(database.pool, [{ ...encrypt(oldKey, 'x'), tag: 'zz' }]);
    const file = newFile();
    await runHere(['--report', file], env);
    expect(readReport(file)).toMatchObject({
      exitCode: 3,
      fields: [{ unreadable: [{ id, reason: 'malformed', column: 'tag', misfit: 'not-hex' }] }],
    });
  });

  it('is also written when the run is interrupted', async () => {
    await fillTable(database, oldKey, 2000);
    const file = newFile();
    const tool = startTool(['--verbose', '--report', file], env);
    await new Promise<void>((resolve) => {
      tool.child.stderr?.on('data', (text: Buffer) => {
        if (text.includes('Rotated key')) resolve();
      });
    });
    tool.child.kill('SIGTERM');
    expect((await tool.end).code).toBe(143);
    const report = readReport(file);
    expect(report).toMatchObject({ ending: 'stopped', exitCode: 143, fields: [{ after: null }] });
    expect(report.fields[0]?.rotated).toBeGreaterThan(0);
  });

  it('replaces nothing, not even an earlier report', async () => {
    await fillTable(database, oldKey, 2);
    const keyFile = path.join(workFolder, 'precious.key');
    const link = path.join(workFolder, 'link');
    const dangling = path.join(workFolder, 'dangling');
    writeFileSync(keyFile, oldKey);
    symlinkSync(keyFile, link);
    symlinkSync(path.join(workFolder, 'nowhere'), dangling);
    const fresh = path.join(workFolder, 'fresh');
    const earlier = newFile();
    await runHere(['--dry-run', '--report', earlier], env);
    const refused: [string[], string][] = [
      [['--report', earlier], 'already exists'],
      [['--report', keyFile], 'precious.key already exists'],
      [['--report', link], 'link already exists'],
      [['--report', dangling], 'dangling already exists'],
      [['--report', '/dev/null'], '/dev/null already exists'],
      [['--report', ''], 'the value of --report is empty'],
      [['--report', `${fresh}/`], 'is not a file name'],
      [['--report', workFolder], `${workFolder} is a directory`],
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

  it('is refused before anything is done if its folder does not exist', async () => {
    const { code, stderr } = await runHere(['--report', '/no/such/folder/report.json'], env);
    expect(code).toBe(2);
    expect(stderr).toContain('--report: cannot create a file in /no/such/folder');
    expect(existsSync('/no/such/folder')).toBe(false);
  });
});
