import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Store, Swap } from '../rotation/store.ts';
import { LockGone } from './database-error.ts';
import type { LockNumbers } from './lock-numbers.ts';
import { written as replacedColumns, sqlForMany, sqlForOne } from './swap-sql.ts';
import type { Table } from './table.ts';

/** What the transaction isolation levels above READ COMMITTED, and a deadlock, answer instead of waiting or rechecking. */
const CONFLICTS = ['40001', '40P01'];
/** What the server answers when lock_timeout is over. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * How long a statement for several rows waits for what another transaction holds: most transactions of an application are over by
 * then, and longer it must not keep an application waiting for the rows that it has written already.
 */
const PATIENCE_MS = 200;

/**
 * Makes the function that writes. It sends one statement, hence one transaction, for any number of rows. Where another transaction
 * changes a row first, READ COMMITTED checks the whole WHERE again on the new version:
 * https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
 * At the other levels the server refuses the statement: a single row then counts as not written, several as blocked, as they are if one
 * of them is held for too long. A single row waits as long as the role and the client let it: it is all that it holds.
 *
 * A single row has a statement of its own, because planning the one for many takes longer than the write.
 *
 * @param mayPrepare - see `Session`
 */
export function createCompareAndSwap(
  pool: Pool,
  table: Table,
  locks: LockNumbers,
  mayPrepare: boolean,
  patienceMs = PATIENCE_MS,
): Store['swap'] {
  const text = sqlForOne(table, locks);
  // Another name for each statement: a connection that several fields share would take one for the other.
  const name = `rotate-encryption-key ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  const forOne = { text, ...(mayPrepare && { name }) };
  const forMany = { text: sqlForMany(table, locks, patienceMs) };
  const replaced = replacedColumns(table.values);

  async function write(swaps: readonly Swap[]): Promise<ReadonlySet<string>> {
    const columns = [
      swaps.map(({ id }) => id),
      ...table.values.map(({ field }) => swaps.map(({ before }) => before[field])),
      ...replaced.map(({ field }) => swaps.map(({ after }) => after[field])),
    ];
    const statement = swaps.length === 1 ? { ...forOne, values: columns.flat() } : { ...forMany, values: columns };
    const { rows } = await pool.query<{ alive: boolean; id: unknown }>(statement);
    if (rows[0]?.alive !== true) throw new LockGone();
    return new Set(rows.flatMap(({ id }) => (id === null ? [] : [String(id)])));
  }

  return async (swaps) => {
    try {
      return await write(swaps);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (swaps.length === 1) {
        if (CONFLICTS.includes(code)) return new Set();
      } else if (code === LOCK_NOT_AVAILABLE || CONFLICTS.includes(code)) return 'blocked';
      throw error;
    }
  };
}
