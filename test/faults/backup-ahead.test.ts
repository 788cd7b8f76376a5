import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { backedUp, expectBackedUp } from '../support/table/backed-up.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { nobodyWaits, somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool, workFolder } from '../support/tool/run-tool.ts';

const ROWS = 60;
const database = useDatabase();
const keys = newKeys();

describe('a record in a backup whose write never came', () => {
  it.each([
    { connections: 1, held: 3 },
    { connections: 4, held: 3 },
  ])('is harmless: restore leaves that row alone, and says so (--connections $connections, held: $held)', async (given) => {
    const { connections, held } = given;
    const planted = await plant(database, keys, ROWS);
    const ids = [...planted.plaintexts.keys()].sort();
    const folder = mkdtempSync(path.join(workFolder, 'ahead-'));
    // What waits for the application is written once that has ended.
    const rotated = held + connections;
    const backup = path.join(folder, 'backup.jsonl');
    const restore = () => runHere(['restore', backup], { DATABASE_URL: database.url });

    // An application's transaction holds some rows: with each connection waiting for one, no later row is written.
    await whileHolding(database, ids[held] ?? '', async (_release, holder) => {
      await holder.query('SELECT FROM user_api_keys WHERE id = ANY ($1) FOR UPDATE', [ids.slice(held, rotated)]);
      const tool = startTool(['--connections', String(connections), '--backup', backup], environment(keys, database.url));
      await somebodyWaits(database, connections);
      tool.child.kill('SIGKILL');
      expect((await tool.end).signal).toBe('SIGKILL');
    });
    await nobodyWaits(database);

    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(rotated);
    await expectBackedUp(database, planted, folder);
    expect(backedUp(backup).map(({ id }) => id)).toEqual(ids);

    const first = await restore();
    expect(first.code, first.stderr).toBe(0);
    expect(await readTable(database)).toEqual(planted.before);
    expect(first.stdout).toContain(`put back ${rotated} rows\n`);
    expect(first.stdout).toContain(
      `${ROWS - rotated} rows already held the value from the backup: put back earlier, or never rotated\n`,
    );

    const again = await restore();
    expect(again.code, again.stderr).toBe(0);
    expect(await readTable(database)).toEqual(planted.before);
  });
});
