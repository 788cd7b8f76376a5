import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTable, useDatabase } from '../support/table/database.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool, workFolder } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';

const ROWS = 30;
const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);

describe('a file that is not what its variable promises', () => {
  const fifo = path.join(workFolder, 'fifo');
  const directory = path.join(workFolder, 'directory');
  const sparse = path.join(workFolder, 'sparse');
  execFileSync('mkfifo', [fifo]);
  mkdirSync(directory);
  writeFileSync(sparse, '');
  truncateSync(sparse, 2 ** 30);

  it.each([
    ['a FIFO that nobody writes to', fifo, 'is not a regular file'],
    ['a directory', directory, 'is a directory'],
    ['a file of 1 GiB', sparse, 'is larger than 65536 bytes'],
    ['a device that never ends', '/dev/zero', 'is not a regular file'],
  ])('is refused before anything is read: %s', async (_, file, problem) => {
    const { before } = await plant(database, keys, 1);
    const variables = {
      OLD_ENCRYPTION_KEY: undefined,
      OLD_ENCRYPTION_KEY_FILE: file,
      DATABASE_URL: undefined,
      DATABASE_URL_FILE: file,
    };
    const named = await runHere([], { ...env, ...variables });
    expect(named.code, named.stderr).toBe(2);
    expect(named.stderr).toContain(`the file that OLD_ENCRYPTION_KEY_FILE names ${problem}`);
    expect(named.stderr).toContain(`the file that DATABASE_URL_FILE names ${problem}`);
    const envFile = path.join(workFolder, '.env');
    symlinkSync(file, envFile);
    const { code, stderr } = await runHere([], env);
    unlinkSync(envFile);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain(`the env file .env ${problem}`);
    expect(await readTable(database)).toEqual(before);
  });

  it('is refused as a backup, even a FIFO that would block forever', async () => {
    const { code, stderr } = await runHere(['restore', fifo], { DATABASE_URL: database.url });
    expect(stderr).toContain('is not a regular file');
    expect(code).toBe(2);
  });
});

describe('an output that breaks', () => {
  async function expectRotated(planted: Awaited<ReturnType<typeof plant>>): Promise<void> {
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  }

  it.each([[['--json']], [['--verbose']]])('does not stop a rotation: stdout closed from the start %j', async (args) => {
    const planted = await plant(database, keys, ROWS);
    const tool = startTool(args, env);
    tool.child.stdout?.destroy();
    const { code, stderr } = await tool.end;
    expect(code, stderr).toBe(0);
    await expectRotated(planted);
  });

  it('does not stop a rotation: stdout and stderr closed halfway', async () => {
    const planted = await plant(database, keys, ROWS);
    const tool = startTool(['--verbose'], env);
    await lineSeen(tool, /Rotated key /u, 3);
    tool.child.stdout?.destroy();
    tool.child.stderr?.destroy();
    expect((await tool.end).code).toBe(0);
    await expectRotated(planted);
  });

  it.skipIf(!existsSync('/dev/full')).each([
    ['stdout', 'full', 'pipe'],
    ['stderr', 'pipe', 'full'],
    ['stdout and stderr', 'full', 'full'],
  ])('does not stop a rotation: a full disk at %s', async (_, ...outputs) => {
    const planted = await plant(database, keys, ROWS);
    const full = openSync('/dev/full', 'w');
    try {
      const [stdout, stderr] = outputs.map((output) => (output === 'full' ? full : 'pipe'));
      const tool = startTool(['--verbose'], env, ['ignore', stdout, stderr]);
      expect((await tool.end).code).toBe(0);
    } finally {
      closeSync(full);
    }
    await expectRotated(planted);
  });
});
