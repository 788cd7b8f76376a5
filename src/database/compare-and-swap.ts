import type { Pool } from 'pg';
import type { EncryptedValue } from '../crypto/encrypted-value.ts';
import type { Table } from './table.ts';

export interface Swap {
  readonly id: string;
  readonly before: EncryptedValue;
  readonly after: EncryptedValue;
}

/** Begins every statement that writes, so that it can be told in pg_stat_activity even behind a pooler. */
export const WRITE_MARK = '/* rotate-encryption-key */';

/** @returns the ids of the rows that were written: those that held exactly `before` */
export type CompareAndSwap = (swaps: readonly Swap[]) => Promise<ReadonlySet<string>>;

/**
 * Makes the function that writes. It sends one statement, hence one transaction, for any number of rows. Where another transaction
 * changes a row first, READ COMMITTED checks the whole WHERE again on the new version:
 * https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
 *
 * It goes to pg's pool, since Prisma's raw queries take twice the time. A single row has a statement of its own, because planning
 * the one for many takes longer than the write.
 *
 * @param mayPrepare - whether a statement may be prepared once per connection (see `reachesServer`)
 */
export function createCompareAndSwap(pool: Pool, table: Table, mayPrepare: boolean): CompareAndSwap {
  const forOne = { text: sqlForOne(table), ...(mayPrepare && { name: 'rotate-encryption-key' }) };
  const forMany = { text: sqlForMany(table) };
  return async (swaps) => {
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
    const { rows } = await pool.query<{ id: unknown }>(statement);
    return new Set(rows.map(({ id }) => String(id)));
  };
}

// `intact` is 1, or a division by zero, which undoes the statement: a trigger put something else into a row than was sent.

function sqlForOne({ name, id, idType, iv, content, tag }: Table): string {
  return `${WRITE_MARK}
    UPDATE ${name} SET ${iv} = $5, ${content} = $6, ${tag} = $7
     WHERE ${id} = $1::${idType} AND ${iv} = $2 AND ${content} = $3 AND ${tag} = $4
    RETURNING ${id} AS id, 1 / COALESCE(${iv} = $5 AND ${content} = $6 AND ${tag} = $7, false)::int AS intact`;
}

function sqlForMany({ name, id, idType, iv, content, tag }: Table): string {
  return `${WRITE_MARK}
    UPDATE ${name} AS stored
       SET ${iv} = swap.new_iv, ${content} = swap.new_content, ${tag} = swap.new_tag
      FROM unnest($1::${idType}[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
           AS swap (id, old_iv, old_content, old_tag, new_iv, new_content, new_tag)
     WHERE stored.${id} = swap.id
       AND stored.${iv} = swap.old_iv AND stored.${content} = swap.old_content AND stored.${tag} = swap.old_tag
    RETURNING stored.${id} AS id,
              1 / COALESCE(stored.${iv} = swap.new_iv AND stored.${content} = swap.new_content
                           AND stored.${tag} = swap.new_tag, false)::int AS intact`;
}
