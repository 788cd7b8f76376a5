import type { Pool } from 'pg';
import type { Swap } from '../rotation/store.ts';
import { DatabaseError } from './database-error.ts';
import type { LockNumbers } from './lock-numbers.ts';
import type { Table } from './table.ts';
import { write as fromText, same, type ValueColumn } from './value-column.ts';

/** @returns the ids of the rows that were written: those that held exactly `before` */
export type CompareAndSwap = (swaps: readonly Swap[]) => Promise<ReadonlySet<string>>;

/** Stands in the error of a write that was undone, because the row no longer held what was sent. */
export const CHANGED_ON_ITS_WAY = 'rotate-encryption-key: not what was sent';

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
  const forOne = { text: sqlForOne(table, locks), ...(mayPrepare && { name: 'rotate-encryption-key' }) };
  const forMany = { text: sqlForMany(table, locks) };
  const written = table.values.filter((column) => column.written);

  async function write(swaps: readonly Swap[]): Promise<Set<string>> {
    const columns = [
      swaps.map(({ id }) => id),
      ...table.values.map(({ field }) => swaps.map(({ before }) => before[field])),
      ...written.map(({ field }) => swaps.map(({ after }) => after[field])),
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

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CONFLICTS.includes(String(error.code));
}

/**
 * What every write does first, and before it can wait for a row: it takes its share of the lock on the writes, which the next run
 * waits for, and then makes sure that its own run still has its lock; the order is CASE's. A write that reaches the server after
 * its run is gone finds that lock free, and writes nothing. A temporary result (MATERIALIZED) is computed once for a statement.
 */
function guard({ writes, owner }: LockNumbers): string {
  return `guard AS MATERIALIZED (
    SELECT CASE WHEN pg_catalog.pg_advisory_xact_lock_shared(${writes.sql}) IS NULL THEN false
                ELSE NOT pg_catalog.pg_try_advisory_xact_lock_shared(${owner.sql}) END AS alive)`;
}

/** One row with a null for the id if nothing was written. */
const RESULT = 'SELECT guard.alive, written.id, written.intact FROM guard LEFT JOIN written ON true';

// Every type, function and operator is PostgreSQL's own (pg_catalog), whatever the search_path holds. Texts are compared byte for byte
// (collation "C"), whatever the collation of their column calls equal. `intact` is 1, or a failure, which undoes the statement: a
// trigger put something else into a row than was sent.

function sqlForOne(table: Table, locks: LockNumbers): string {
  const { name, id, idType, values } = table;
  // $1 is the id; then come the values to be found, and then the values to be put in their place.
  const parameters = numbered(values, (number) => `$${number + 1}::pg_catalog.text`);
  return `WITH ${guard(locks)},
  written AS (
    UPDATE ${name} AS stored
       SET ${assignments(parameters)}
      FROM guard
     WHERE guard.alive
       AND ${sameId(table, `$1::${idType}`)}
       AND ${allSame(parameters, 'found')}
    RETURNING stored.${id} AS id, ${intact(allSame(parameters, 'put'))})
  ${RESULT}`;
}

function sqlForMany(table: Table, locks: LockNumbers): string {
  const { name, id, idType, values } = table;
  const parameters = numbered(values, (number) => `swap.text_${number}`);
  const count = values.length + values.filter(({ written }) => written).length;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const arrays = [`$1::${idType}[]`, ...numbers.map((number) => `$${number + 1}::pg_catalog.text[]`)];
  const names = ['id', ...numbers.map((number) => `text_${number}`)];
  return `WITH ${guard(locks)},
  written AS (
    UPDATE ${name} AS stored
       SET ${assignments(parameters)}
      FROM guard, ROWS FROM (${arrays.map((each) => `pg_catalog.unnest(${each})`).join(', ')}) AS swap (${names.join(', ')})
     WHERE guard.alive
       AND ${sameId(table, 'swap.id')}
       AND ${allSame(parameters, 'found')}
    RETURNING stored.${id} AS id, ${intact(allSame(parameters, 'put'))})
  ${RESULT}`;
}

/** By the index of the ids, and then byte for byte. */
function sameId({ id, idCollation }: Table, expected: string): string {
  const equal = `stored.${id} OPERATOR(pg_catalog.=) ${expected}`;
  return idCollation === '' ? equal : `${equal} AND stored.${id}${idCollation} OPERATOR(pg_catalog.=) ${expected}`;
}

/** A column with the SQL of the text that is expected in it, and of the text that is put there: the same one if it is not written. */
interface Parameters {
  readonly column: ValueColumn;
  readonly found: string;
  readonly put: string;
}

/** @param text - the SQL of a text by its number: first those to be found, from 1, and then those to be put */
function numbered(values: readonly ValueColumn[], text: (number: number) => string): Parameters[] {
  let last = values.length;
  return values.map((column, index) => {
    const found = text(index + 1);
    if (column.written) last += 1;
    return { column, found, put: column.written ? text(last) : found };
  });
}

function assignments(parameters: readonly Parameters[]): string {
  const written = parameters.filter(({ column }) => column.written);
  return written.map(({ column, put }) => `${column.sql} = ${fromText(column, put)}`).join(', ');
}

function allSame(parameters: readonly Parameters[], which: 'found' | 'put'): string {
  return parameters.map((each) => same(each.column, each[which])).join('\n       AND ');
}

function intact(condition: string): string {
  // concat() is not computed in advance, as a constant would be, and the text is no number.
  return `CASE WHEN ${condition} THEN 1 ELSE pg_catalog.concat('${CHANGED_ON_ITS_WAY}')::pg_catalog.int4 END AS intact`;
}
