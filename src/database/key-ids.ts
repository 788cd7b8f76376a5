import type { Pool } from 'pg';
import { z } from 'zod';
import { explain } from './explain.ts';
import { readInTransaction } from './own-names.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Table } from './table.ts';
import { read } from './value-column.ts';

const counts = z.array(z.object({ fingerprint: z.string().nullable(), rows: z.coerce.number() }));

/** @returns whether the table has a column for the id of the key */
export function hasKeyId({ values }: Table): boolean {
  return values.some(({ mayBeNull }) => mayBeNull);
}

/**
 * Counts the rows that name each key, without decrypting anything: what a row names is what its application wrote there, and not proven.
 *
 * @param table - with a column for the id of the key
 * @returns the rows by fingerprint; by null those that hold a value and name no key by its fingerprint
 * @throws DatabaseError
 */
export async function countKeyIds(
  pool: Pool,
  table: Table,
  settings: DatabaseSettings,
): Promise<ReadonlyMap<string | null, number>> {
  const client = await pool.connect().catch((error: unknown) => {
    throw explain(error, settings);
  });
  try {
    const { rows } = await readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', () =>
      client.query(sqlToCount(table)),
    );
    client.release();
    return new Map(counts.parse(rows).map(({ fingerprint, rows: count }) => [fingerprint, count]));
  } catch (error) {
    client.release(true);
    throw explain(error, settings);
  }
}

/** Whatever the collation of the column: byte for byte. */
function sqlToCount({ name, values }: Table): string {
  const keyIds = values.filter(({ mayBeNull }) => mayBeNull);
  const [keyId = 'NULL'] = keyIds.map((column) => `${read(column)} COLLATE pg_catalog."C"`);
  const held = values.filter(({ written }) => written).map(({ sql }) => `${sql} IS NOT NULL`);
  return `
  SELECT CASE WHEN ${keyId} ~ '^[0-9a-f]{16}$' THEN ${keyId} END AS fingerprint, count(*) AS rows
    FROM ${name} WHERE ${held.join(' OR ')} GROUP BY 1`;
}
