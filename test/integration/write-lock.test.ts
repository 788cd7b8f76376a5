import { describe, expect, it } from 'vitest';
import { createCompareAndSwap } from '../../src/database/compare-and-swap.ts';
import { DatabaseError } from '../../src/database/database-error.ts';
import { type LockNumbers, lockNumbers } from '../../src/database/lock-numbers.ts';
import type { Store, Swap } from '../../src/rotation/store.ts';
import { encrypt, newKey } from '../support/application/application.ts';
import { fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { WRITE_LOCK } from '../support/table/late-write.ts';
import { isInTheWay, whileHolding } from '../support/table/row-lock.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { opening, theTable } from '../support/tool/with-test-database.ts';

const database = useDatabase();
const settings = settingsOf(database.url);
const key = newKey();
const HOUR_MS = 3_600_000;

async function swapsOfAll(rows: number): Promise<Swap[]> {
  await fillTable(database, key, rows);
  return (await readTable(database)).map(({ id, iv, content, tag }) => ({
    id,
    before: { iv, content, tag },
    after: encrypt(key, id),
  }));
}

/** Writes as a run does, except that several rows wait as long as a single one for what another transaction holds. */
async function prepareSwap(mayPrepare: boolean): Promise<{ readonly swap: Store['swap']; readonly numbers: LockNumbers }> {
  const table = await opening(settings, theTable);
  const numbers = lockNumbers(table.oid, true);
  return { swap: createCompareAndSwap(database.pool, table, numbers, mayPrepare, HOUR_MS), numbers };
}

/** Runs `work` while a connection has the lock of the run. */
async function whileOwning<T>({ owner }: LockNumbers, work: () => Promise<T>): Promise<T> {
  const client = await database.pool.connect();
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${owner.sql})`);
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
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
    const swaps = await swapsOfAll(rows);
    const { swap, numbers } = await prepareSwap(true);
    await whileOwning(numbers, () =>
      whileHolding(database, swaps[0]?.id ?? '', async (release, holder) => {
        const written = swap(swaps);
        await isInTheWay(holder);
        expect(await writeLocks()).toEqual([{ mode: 'ShareLock', granted: true, ofTheTable: true, waitsFor: 'Lock' }]);
        await release();
        expect(await written).toEqual(new Set(swaps.map(({ id }) => id)));
        expect(await writeLocks()).toEqual([]);
      }),
    );
  });

  it.each([true, false])(
    'that comes to the server after its run has lost its lock writes nothing (prepared: %j)',
    async (mayPrepare) => {
      const swaps = await swapsOfAll(rows);
      const before = await readTable(database);
      const { swap, numbers } = await prepareSwap(mayPrepare);

      await expect(swap(swaps)).rejects.toThrow(new DatabaseError('the lock on the table was lost', null, true));

      expect(await readTable(database)).toEqual(before);
      expect(await whileOwning(numbers, () => swap(swaps))).toEqual(new Set(swaps.map(({ id }) => id)));
      await expect(swap(swaps)).rejects.toThrow('the lock on the table was lost');
    },
  );
});
