import type { Pool } from 'pg';
import type { Swap } from '../rotation/store.ts';
import { DatabaseError } from './database-error.ts';
import type { LockNumbers } from './lock-numbers.ts';
import type { Table } from './table.ts';

/** @returns the ids of the rows that were written: those that held exactly `before` */
export type CompareAndSwap = (swaps: readonly Swap[]) => Promise<ReadonlySet<string>>;

/** What the transaction isolation levels above READ COMMITTED, and a deadlock, answer instead of waiting or looking again. */
const CONFLICTS = ['40001', '40P01'];

/**
 * Makes the function that writes. It sends one statement, hence one transaction, for any number of rows. Where another transaction
 * changes a row first, READ COMMITTED checks the whole WHERE again on the new version:
 * https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
 * At the other levels the server refuses the statement: a single row then counts as not written, several are written one by one.
 *
 * It goes to pg's pool, since Prisma's raw queries take twice the time. A single row has a statement of its own, because planning
 * the one for many takes longer than the write.
 *
 * @param mayPrepare - whether a statement may be prepared once per connection (see `reachesServer`)
 */
export function createCompareAndSwap(pool: Pool, table: Table, locks: LockNumbers, mayPrepare: boolean): CompareAndSwap {
  const forOne = { text: sqlForOne(table, locks), ...(mayPrepare && { name: 'rotate-encryption-key' }) };
  const forMany = { text: sqlForMany(table, locks) };

  async function write(swaps: readonly Swap[]): Promise<Set<string>> {
    const columns = [
      swaps.map(({ id }) => id),
      swaps.map(({ before }) => before.iv),
      swaps.map(({ before }) => before.content),
      swaps.map(({ before }) => before.tag),
      swaps.map(({ after }) => after.iv),
      swaps.map(({ after }) => after.content),
      swaps.map(({ after }) => after.tag),
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
    SELECT CASE WHEN pg_catalog.pg_advisory_xact_lock_shared(${writes}) IS NULL THEN false
                ELSE NOT pg_catalog.pg_try_advisory_xact_lock_shared(${owner}) END AS alive)`;
}

/** One row with a null for the id where nothing was written. */
const RESULT = 'SELECT guard.alive, written.id, written.intact FROM guard LEFT JOIN written ON true';

// Every type, function and operator is PostgreSQL's own (pg_catalog), whatever the search_path holds. Texts are compared byte for byte
// (collation "C"), whatever the collation of their column calls equal. `intact` is 1, or a division by zero, which undoes the
// statement: a trigger put something else into a row than was sent.

function sqlForOne(table: Table, locks: LockNumbers): string {
  const { name, id, idType, idCollation, iv, content, tag } = table;
  return `WITH ${guard(locks)},
  written AS (
    UPDATE ${name} AS stored SET ${iv} = $5::pg_catalog.text, ${content} = $6::pg_catalog.text, ${tag} = $7::pg_catalog.text
      FROM guard
     WHERE guard.alive
       AND stored.${id} OPERATOR(pg_catalog.=) $1::${idType}
       AND stored.${id}${idCollation} OPERATOR(pg_catalog.=) $1::${idType}
       AND ${same(`stored.${iv}`, '$2')} AND ${same(`stored.${content}`, '$3')} AND ${same(`stored.${tag}`, '$4')}
    RETURNING stored.${id} AS id, ${intact(table, '$5', '$6', '$7')})
  ${RESULT}`;
}

function sqlForMany(table: Table, locks: LockNumbers): string {
  const { name, id, idType, idCollation, iv, content, tag } = table;
  const arrays = [`$1::${idType}[]`, ...['$2', '$3', '$4', '$5', '$6', '$7'].map((each) => `${each}::pg_catalog.text[]`)];
  return `WITH ${guard(locks)},
  written AS (
    UPDATE ${name} AS stored SET ${iv} = swap.new_iv, ${content} = swap.new_content, ${tag} = swap.new_tag
      FROM guard, ROWS FROM (${arrays.map((each) => `pg_catalog.unnest(${each})`).join(', ')})
           AS swap (id, old_iv, old_content, old_tag, new_iv, new_content, new_tag)
     WHERE guard.alive
       AND stored.${id} OPERATOR(pg_catalog.=) swap.id
       AND stored.${id}${idCollation} OPERATOR(pg_catalog.=) swap.id
       AND ${same(`stored.${iv}`, 'swap.old_iv')} AND ${same(`stored.${content}`, 'swap.old_content')}
       AND ${same(`stored.${tag}`, 'swap.old_tag')}
    RETURNING stored.${id} AS id, ${intact(table, 'swap.new_iv', 'swap.new_content', 'swap.new_tag')})
  ${RESULT}`;
}

function same(column: string, value: string): string {
  return `${column}::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) ${value}::pg_catalog.text`;
}

function intact({ iv, content, tag }: Table, newIv: string, newContent: string, newTag: string): string {
  const all = `${same(`stored.${iv}`, newIv)} AND ${same(`stored.${content}`, newContent)} AND ${same(`stored.${tag}`, newTag)}`;
  return `1 OPERATOR(pg_catalog./) COALESCE(${all}, false)::pg_catalog.int4 AS intact`;
}
