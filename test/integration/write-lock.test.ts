import { describe, expect, it } from 'vitest';
import { createCompareAndSwap } from '../../src/database/compare-and-swap.ts';
import { DatabaseError } from '../../src/database/database-error.ts';
import { lockNumbers } from '../../src/database/lock-numbers.ts';
import type { Swap } from '../../src/rotation/store.ts';
import { encrypt, newKey } from '../support/application/application.ts';
import { fillTable, readTable, type TestDatabase, useDatabase } from '../support/table/database.ts';
import { WRITE_LOCK } from '../support/table/late-write.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { locking, opening, theTable } from '../support/tool/with-test-database.ts';

const database = useDatabase();
const settings = settingsOf(database.url);
const key = newKey();

async function swapsOfAll(from: TestDatabase, rows: number): Promise<Swap[]> {
  await fillTable(from, key, rows);
  return (await readTable(from)).map(({ id, iv, content, tag }) => ({
    id,
    before: { iv, content, tag },
    after: encrypt(key, id),
  }));
}

/** The advisory locks on the writes of the table, as the server lists them. */
async function writeLocks(): Promise<object[]> {
  const { rows } = await database.pool.query(
    `SELECT lock.mode, lock.granted, lock.objid = 'user_api_keys'::regclass::oid AS "ofTheTable", activity.wait_event_type AS "waitsFor"
       FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
      WHERE lock.locktype = 'advisory' AND lock.classid = ${WRITE_LOCK} AND activity.datname = current_database()`,
  );
  return rows;
}

describe.each([1, 500])('a write of %i rows', (rows) => {
  it('holds its share of the lock on the writes while it waits for a row, and releases it when it ends', async () => {
    const swaps = await swapsOfAll(database, rows);
    await locking(settings, (store) =>
      whileHolding(database, swaps[0]?.id ?? '', async (release) => {
        const written = store.swap(swaps);
        await somebodyWaits(database);
        expect(await writeLocks()).toEqual([{ mode: 'ShareLock', granted: true, ofTheTable: true, waitsFor: 'Lock' }]);
        await release();
        expect((await written).size).toBe(rows);
        expect(await writeLocks()).toEqual([]);
      }),
    );
  });

  it.each([true, false])(
    'that comes to the server after its run has lost its lock writes nothing (prepared: %j)',
    async (mayPrepare) => {
      const swaps = await swapsOfAll(database, rows);
      const before = await readTable(database);
      const table = await opening(settings, theTable);
      const owner = await database.pool.connect();
      const numbers = lockNumbers(table.oid, true);
      const swap = createCompareAndSwap(database.pool, table, numbers, mayPrepare);

      await expect(swap(swaps)).rejects.toThrow(new DatabaseError('the lock on the table was lost', null, true));

      expect(await readTable(database)).toEqual(before);
      await owner.query(`BEGIN; SELECT pg_advisory_xact_lock(${numbers.owner.sql})`);
      expect((await swap(swaps)).size).toBe(rows);
      await owner.query('ROLLBACK');
      await expect(swap(swaps)).rejects.toThrow('the lock on the table was lost');
      owner.release();
    },
  );
});
