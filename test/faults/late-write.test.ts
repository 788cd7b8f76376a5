import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readTable, useDatabase } from '../support/database.ts';
import { nobodyWaits, somebodyWaits, whileHolding } from '../support/row-lock.ts';
import { runHere } from '../support/run-here.ts';
import { startTool, workFolder } from '../support/run-tool.ts';
import { count, environment, expectIntact, lockIsFree, newKeys, plant } from '../support/witness.ts';

// Many processes on few cores take their time.
vi.setConfig({ testTimeout: 300_000 });

const ROWS = 5;
const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);

describe('a write that the server makes after the tool gave up waiting for it', () => {
  it('is not called "not written", and harms nothing', async () => {
    const planted = await plant(database, keys, ROWS);
    const [id = ''] = [...planted.plaintexts.keys()].sort();
    await whileHolding(database, id, async (release) => {
      const { code, stdout, stderr } = await runHere([], { ...env, DATABASE_STATEMENT_TIMEOUT_MS: '500' });
      expect(code, stderr).toBe(4);
      expect(stderr).toContain('did not answer a statement within 0.5 s');
      await release();
      await nobodyWaits(database);
      const written = (await expectIntact(database, keys, planted)).get(id) === 'new';
      if (written) {
        expect(stdout).not.toMatch(/it was not written$/mu);
        expect(stdout).not.toContain('nothing was written');
      }
    });
    const again = await runHere([], env);
    expect(again.code, again.stderr).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });

  it.each<[how: string, limit: string, command: readonly string[]]>([
    ['gave up', '500', ['--rollback']],
    ['was killed', '60000', ['--rollback']],
    ['gave up', '500', ['restore']],
  ])('keeps the next run out while it waits, where the tool %s (limit %s ms, then %j)', async (how, limit, command) => {
    const planted = await plant(database, keys, ROWS);
    const ids = [...planted.plaintexts.keys()].sort();
    const backup = path.join(workFolder, `late-${how}-${command[0]}`);
    const next = command[0] === 'restore' ? [...command, backup] : [...command];
    await whileHolding(database, ids[2] ?? '', async (release) => {
      const tool = startTool(['--backup', backup], { ...env, DATABASE_STATEMENT_TIMEOUT_MS: limit });
      await somebodyWaits(database);
      if (how === 'was killed') tool.child.kill('SIGKILL');
      await tool.end;
      await lockIsFree(database);
      const midway = await readTable(database);

      const { code, stdout, stderr } = await runHere(next, env);

      expect(code, stderr).toBe(5);
      expect(stderr).toContain('a write of an earlier run of the tool is still waiting for a row of public.user_api_keys');
      expect(stderr).toMatch(/hint: .*SELECT pg_terminate_backend\(\d+\)/u);
      expect(stdout).toContain('nothing was written');
      expect(await readTable(database)).toEqual(midway);
      await release();
      await nobodyWaits(database);
    });
    const { code, stderr } = await runHere(next, env);
    expect(code, stderr).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'old')).toBe(ROWS);
  });
});
