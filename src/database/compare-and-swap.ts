import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Swap } from '../rotation/store.ts';
import { DatabaseError } from './database-error.ts';
import type { LockNumbers } from './lock-numbers.ts';
import { written as replacedColumns, sqlForMany, sqlForOne } from './swap-sql.ts';
import type { Table } from './table.ts';

/** @returns the ids of the rows that were written: those that held exactly `before` */
export type CompareAndSwap = (swaps: readonly Swap[]) => Promise<ReadonlySet<string>>;

/** What the transaction isolation levels above READ COMMITTED, and a deadlock, answer instead of waiting or rechecking. */
const CONFLICTS = ['40001', '40P01'];

/**
 * Makes the function that writes. It sends one statement, hence one transaction, for any number of rows. Where another transaction
 * changes a row first, READ COMMITTED checks the whole WHERE again on the new version:
 * https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
 * At the other levels the server refuses the statement: a single row then counts as not written, several are written one by one.
 *
 * A single row has a statement of its own, because planning the one for many takes longer than the write.
 *
 * @param mayPrepare - whether a statement may be prepared once per connection (see `reachesServer`)
 */
export function createCompareAndSwap(pool: Pool, table: Table, locks: LockNumbers, mayPrepare: boolean): CompareAndSwap {
  const forOne = mayPrepare ? prepared(sqlForOne(table, locks)) : { text: sqlForOne(table, locks) };
  const forMany = { text: sqlForMany(table, locks) };
  const replaced = replacedColumns(table.values);

  async function write(swaps: readonly Swap[]): Promise<Set<string>> {
    const columns = [
      swaps.map(({ id }) => id),
      ...table.values.map(({ field }) => swaps.map(({ before }) => before[field])),
      ...replaced.map(({ field }) => swaps.map(({ after }) => after[field])),
    ];
    const statement = swaps.length === 1 ? { ...forOne, values: columns.flat() } : { ...forMany, values: columns };
    const { rows } = await pool.query<{ alive: boolean; id: unknown }>(statement);
    if (rows[0]?.alive !== true) throw new DatabaseError('the lock on the table was lost', null, true);
    return new Set(rows.flatMap(({ id }) => (id === null ? [] : [String(id)])));
  }

  return async (swaps) => {
    try {
      return await write(swaps);
    } catch (error) {
      if (!isConflict(error)) throw error;
      const written = new Set<string>();
      if (swaps.length === 1) return written;
      for (const swap of swaps) {
        const alone = await write([swap]).catch((cause: unknown) => {
          if (isConflict(cause)) return new Set<string>();
          throw cause;
        });
        for (const id of alone) written.add(id);
      }
      return written;
    }
  };
}

/** A connection that writes several fields has a statement for each: their names must differ. */
function prepared(text: string): { readonly name: string; readonly text: string } {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { name: `rotate-encryption-key ${digest}`, text };
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CONFLICTS.includes(String(error.code));
}
