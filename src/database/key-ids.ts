import type { Pool } from 'pg';
import { z } from 'zod';
import { explain } from './explain.ts';
import { readFrom } from './pool-transaction.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Table } from './table.ts';
import { read } from './value-column.ts';

const counts = z.array(z.object({ fingerprint: z.string().nullable(), rows: z.coerce.number() }));

/** @returns whether the table has a column for the id of the key */
export function hasKeyId({ values }: Table): boolean {
  return values.some(({ isKeyId }) => isKeyId);
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
  const { rows } = await readFrom(pool, (client) => client.query(sqlToCount(table))).catch((error: unknown) => {
    throw explain(error, settings);
  });
  return new Map(counts.parse(rows).map(({ fingerprint, rows: count }) => [fingerprint, count]));
}

/** Whatever the collation of the column: byte for byte. */
function sqlToCount({ name, values }: Table): string {
  const keyIds = values.filter(({ isKeyId }) => isKeyId);
  const [keyId = 'NULL'] = keyIds.map((column) => `${read(column)} COLLATE pg_catalog."C"`);
  const held = values.filter(({ written }) => written).map(({ sql }) => `${sql} IS NOT NULL`);
  return `
  SELECT CASE WHEN ${keyId} ~ '^[0-9a-f]{16}$' THEN ${keyId} END AS fingerprint, count(*) AS rows
    FROM ${name} WHERE ${held.join(' OR ')} GROUP BY 1`;
}
