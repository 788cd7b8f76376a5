import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encrypt, insertKeys, newKey } from '../support/application/application.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { environment, newKeys } from '../support/table/witness.ts';
import { startTool, workFolder } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';

/** Their list is longer than what a pipe takes without a reader: 64 KiB (https://man7.org/linux/man-pages/man7/pipe.7.html). */
const UNREADABLE = 1500;
const database = useDatabase();
const keys = newKeys();

describe('a reader of stdout that does not read', () => {
  it.each([
    ['SIGINT', '--dry-run', 3],
    ['SIGTERM', 'verify', 6],
    ['SIGHUP', '--dry-run', 3],
  ] as const)(
    'does not keep the process beyond the first %s after the work is done (%s): the exit code is that of the run, %i',
    async (signal, command, code) => {
      const value = encrypt(newKey(), 'under a key that nobody has');
      await insertKeys(database.pool, Array(UNREADABLE).fill(value));
      const before = await readTable(database);
      const fifo = path.join(workFolder, `nobody-reads-${signal}`);
      execFileSync('mkfifo', [fifo]);
      // Open for reading as well: there is a reader, so that writing neither fails nor waits for one.
      const stdout = openSync(fifo, 'r+');
      const tool = startTool([command, '--json'], environment(keys, database.url), ['ignore', stdout, 'pipe']);
      await lineSeen(tool, /^rotate-encryption-key: hint: /u);
      expect(tool.child.exitCode).toBeNull();
      tool.child.kill(signal);
      const end = await tool.end;
      closeSync(stdout);
      expect({ code: end.code, signal: end.signal }, end.stderr).toEqual({ code, signal: null });
      expect(await readTable(database)).toEqual(before);
    },
  );
});
