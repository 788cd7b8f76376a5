// How long a statement waits for what another transaction holds: the lock_timeout that it has while it writes, which a trigger sees.
import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createCompareAndSwap } from '../../src/database/compare-and-swap.ts';
import { type LockNumbers, lockNumbers } from '../../src/database/lock-numbers.ts';
import type { Store, Swap } from '../../src/rotation/store.ts';
import { encrypt } from '../support/application/application.ts';
import { useRole } from '../support/application/application-role.ts';
import { pgBouncerBinary, startPgBouncer } from '../support/server/pgbouncer.ts';
import { fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { isInTheWay, whileHolding } from '../support/table/row-lock.ts';
import { newKeys } from '../support/table/witness.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { opening, theTable } from '../support/tool/with-test-database.ts';

const ROWS = 5;
const database = useDatabase();
const keys = newKeys();
const { role, url, set } = useRole(database, keys);

beforeAll(async () => {
  await database.pool.query(`
    CREATE TABLE seen (lock_timeout text);
    CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO seen VALUES (current_setting('lock_timeout')); RETURN NULL;
    END $$;
    CREATE TRIGGER see AFTER UPDATE ON user_api_keys FOR EACH STATEMENT EXECUTE FUNCTION see();
    GRANT SELECT, INSERT ON seen TO ${role}`);
});

beforeEach(() => database.pool.query(`TRUNCATE seen; ${set} lock_timeout = '0'`));

async function swapsOfAll(): Promise<Swap[]> {
  await fillTable(database, keys.old, ROWS);
  return (await readTable(database)).map(({ id, iv, content, tag }) => ({
    id,
    before: { iv, content, tag },
    after: encrypt(keys.new, id),
  }));
}

interface Connected {
  readonly connectionString: string;
  readonly mayPrepare: boolean;
  /** Instead of the tool's own. */
  readonly patienceMs: number;
}

/** Lends what writes over one connection of its own, and that connection's pool, while the lock of a run is held. */
async function withSwap<T>(
  work: (swap: Store['swap'], pool: Pool) => Promise<T>,
  { connectionString = url.href, mayPrepare = true, patienceMs }: Partial<Connected> = {},
): Promise<T> {
  const table = await opening(settingsOf(database.url), theTable);
  const numbers: LockNumbers = lockNumbers(table.oid, true);
  const owner = await database.pool.connect();
  await owner.query(`BEGIN; SELECT pg_advisory_xact_lock(${numbers.owner.sql})`);
  const pool = new Pool({ connectionString, max: 1 });
  try {
    return await work(createCompareAndSwap(pool, table, numbers, mayPrepare, patienceMs), pool);
  } finally {
    await pool.end();
    await owner.query('ROLLBACK');
    owner.release();
  }
}

async function seen(): Promise<string[]> {
  const { rows } = await database.pool.query('DELETE FROM seen RETURNING lock_timeout');
  return rows.map(({ lock_timeout: timeout }) => timeout);
}

const lockTimeout = async (pool: Pool) => (await pool.query('SHOW lock_timeout')).rows[0]?.lock_timeout;

describe.each([
  ['0', '200ms', '0'],
  ['50ms', '50ms', '50ms'],
  ['200ms', '200ms', '200ms'],
  ['201ms', '200ms', '201ms'],
  ['7s', '200ms', '7s'],
  ['2h', '200ms', '2h'],
])('a role whose lock_timeout is %s', (own, forMany, forOne) => {
  it(`waits ${forMany} with several rows and ${forOne} with one, and has its own setting afterwards`, async () => {
    await database.pool.query(`${set} lock_timeout = '${own}'`);
    const swaps = await swapsOfAll();
    await withSwap(async (swap, pool) => {
      expect(await swap(swaps.slice(1))).toEqual(new Set(swaps.slice(1).map(({ id }) => id)));
      expect(await lockTimeout(pool)).toBe(own);
      expect(await seen()).toEqual([forMany]);
      expect(await swap(swaps.slice(0, 1))).toEqual(new Set([swaps[0]?.id]));
      expect(await seen()).toEqual([forOne]);
    });
  });
});

describe('a row that another transaction holds', () => {
  it('blocks several rows for a moment: none is written, and all the others are free again', async () => {
    const swaps = await swapsOfAll();
    const before = await readTable(database);
    await whileHolding(database, swaps[ROWS - 1]?.id ?? '', (release) =>
      withSwap(async (swap, pool) => {
        expect(await swap(swaps)).toBe('blocked');
        expect(await readTable(database)).toEqual(before);
        expect(await lockTimeout(pool)).toBe('0');
        await release();
        expect(await swap(swaps)).toEqual(new Set(swaps.map(({ id }) => id)));
      }),
    );
  });

  it('keeps a single row waiting, and is an error only by the lock_timeout of the role', async () => {
    const [first] = await swapsOfAll();
    if (first === undefined) throw new Error('no row');
    await whileHolding(database, first.id, (release, holder) =>
      withSwap(async (swap) => {
        const written = swap([first]);
        await isInTheWay(holder);
        await release();
        expect(await written).toEqual(new Set([first.id]));
      }),
    );
    await database.pool.query(`${set} lock_timeout = '20ms'`);
    const [second] = (await swapsOfAll()).slice(1);
    if (second === undefined) throw new Error('no row');
    await whileHolding(database, second.id, () =>
      withSwap((swap) => expect(swap([second])).rejects.toThrow('canceling statement due to lock timeout')),
    );
  });
});

describe.each(['repeatable read', 'serializable'])(
  'a row that changes under the write of a role whose transactions are %s',
  (level) => {
    it.each([
      [1, new Set()],
      [ROWS, 'blocked'],
    ])('stops %i rows from being written', async (rows, answer) => {
      await database.pool.query(`${set} default_transaction_isolation = '${level}'`);
      const swaps = (await swapsOfAll()).slice(0, rows);
      const before = await readTable(database);
      const id = swaps[rows - 1]?.id ?? '';
      await whileHolding(database, id, (release, application) =>
        withSwap(
          async (swap) => {
            const written = swap(swaps);
            await isInTheWay(application);
            await application.query(`UPDATE user_api_keys SET iv = '' WHERE id = $1`, [id]);
            await release();
            expect(await written).toEqual(answer);
          },
          { patienceMs: 3_600_000 },
        ),
      );
      await database.pool.query(`${set} default_transaction_isolation = 'read committed'`);
      expect(await readTable(database)).toEqual(before.map((row) => (row.id === id ? { ...row, iv: '' } : row)));
    });
  },
);

describe.skipIf(pgBouncerBinary === null)('behind PgBouncer in transaction mode', () => {
  const bouncer = pgBouncerBinary === null ? null : startPgBouncer(pgBouncerBinary, inject('postgres').url, 1);
  afterAll(async () => (await bouncer)?.stop());

  it('several rows give up as well, and the next client of that connection waits as its own settings say', async () => {
    const through = (await bouncer)?.through(database.url) ?? '';
    const swaps = await swapsOfAll();
    await whileHolding(database, swaps[0]?.id ?? '', () =>
      withSwap(
        async (swap, pool) => {
          expect(await swap(swaps)).toBe('blocked');
          expect(await lockTimeout(pool)).toBe('0');
          expect(await swap(swaps.slice(1))).toEqual(new Set(swaps.slice(1).map(({ id }) => id)));
          expect(await seen()).toEqual(['200ms']);
          expect(await lockTimeout(pool)).toBe('0');
        },
        { connectionString: through, mayPrepare: false },
      ),
    );
  });
});
