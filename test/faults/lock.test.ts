import { describe, expect, it } from 'vitest';
import { startProxy } from '../support/server/proxy.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { endLockConnection, nobodyWaits, somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';

const ROWS = 20;
const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);

/** @returns the id of the n-th row, in the order in which a rotation goes */
function idAt(ids: ReadonlyMap<string, string>, position: number): string {
  return [...ids.keys()].sort()[position] ?? '';
}

describe('rotations of one table at the same time', () => {
  it.each([2, 10])('lets one of %i that start at once work; the others exit 5 and write nothing', async (rotations) => {
    const planted = await plant(database, keys, ROWS);
    await whileHolding(database, idAt(planted.plaintexts, 0), async (release) => {
      // The one that works waits at the first row, so the others meet it whenever they come.
      const tools = Array.from({ length: rotations }, () => startTool([], env));
      let ended = 0;
      const refused = new Promise<void>((resolve) => {
        for (const { child } of tools) {
          child.once('close', () => {
            ended += 1;
            if (ended === rotations - 1) resolve();
          });
        }
      });
      await refused;
      expect(await readTable(database)).toEqual(planted.before);
      await release();
      const runs = await Promise.all(tools.map(({ end }) => end));
      expect(runs.map(({ code }) => code).sort()).toEqual([0, ...Array(rotations - 1).fill(5)]);
      for (const { code, stdout, stderr } of runs) {
        if (code === 0) continue;
        expect(stdout).toContain('nothing was written');
        expect(stderr).toMatch(
          /error: another rotation or verification of public\.user_api_keys is running \(pid \d+ of role \w+, from [\d.]+, for \d+ s\)$/mu,
        );
        expect(stderr).toMatch(/hint: wait until it has ended; if its machine is gone, .*: SELECT pg_terminate_backend\(\d+\)/u);
      }
    });
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });

  it('refuses a second one that starts during the first', async () => {
    const planted = await plant(database, keys, ROWS);
    await whileHolding(database, idAt(planted.plaintexts, 10), async (release) => {
      const first = startTool(['--verbose'], env);
      await lineSeen(first, /Rotated key /u, 10);
      const midway = await readTable(database);
      expect((await runHere([], env)).code).toBe(5);
      expect((await runHere(['--rollback'], env)).code).toBe(5);
      expect(await readTable(database)).toEqual(midway);
      await release();
      expect((await first.end).code).toBe(0);
    });
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });
});

describe('a lock that is lost during a run', () => {
  it.each([0, 7])('stops the run after the current write, with %i rows before it', async (position) => {
    const planted = await plant(database, keys, ROWS);
    await whileHolding(database, idAt(planted.plaintexts, position), async (release) => {
      const tool = startTool(['--verbose'], env);
      await somebodyWaits(database);
      await endLockConnection(database);
      await release();

      const { code, stdout, stderr } = await tool.end;

      expect(code, stderr).toBe(4);
      expect(stderr).toContain('the lock was lost');
      expect(stdout).toContain('run the same command again');
    });
    const whereabouts = await expectIntact(database, keys, planted);
    expect(count(whereabouts, 'new')).toBe(position + 1);
    for (let behind = 0; behind <= position; behind += 1) expect(whereabouts.get(idAt(planted.plaintexts, behind))).toBe('new');
    expect((await runHere([], env)).code).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });
});

describe('the connection of the current write', () => {
  it('that is terminated ends the run with exit 4 and the truth about the row, and the next run finishes', async () => {
    const planted = await plant(database, keys, ROWS);
    const held = idAt(planted.plaintexts, 3);
    await whileHolding(database, held, async () => {
      const tool = startTool([], env);
      await somebodyWaits(database);
      await database.pool.query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rotate-encryption-key' AND wait_event_type = 'Lock'",
      );
      const { code, stdout, stderr } = await tool.end;
      expect(code, stderr).toBe(4);
      expect(stdout).toContain(`row ${held} was read again: it was not written`);
    });
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(3);
    expect((await runHere([], env)).code).toBe(0);
  });

  it('that is cut together with all others ends the run with exit 4, and the next run finishes', async () => {
    const planted = await plant(database, keys, ROWS);
    const held = idAt(planted.plaintexts, 3);
    const proxy = await startProxy(database.url);
    await whileHolding(database, held, async () => {
      const tool = startTool([], environment(keys, proxy.url));
      await somebodyWaits(database);
      await proxy.close();
      const { code, stdout, stderr } = await tool.end;
      expect(code, stderr).toBe(4);
      expect(stdout).toContain(`row ${held} could not be read again: it is under one of the two keys`);
      expect(stdout).toContain(`3 rows under the new key, ${ROWS - 4} still under the old key, 1 under one of the two`);
    });
    await nobodyWaits(database);
    await expectIntact(database, keys, planted);
    expect((await runHere([], env)).code).toBe(0);
  });
});
