import type { Pool } from 'pg';
import { checked, having, isText, listOf } from './answer.ts';
import { explain } from './explain.ts';
import { readFrom } from './pool-transaction.ts';
import type { Registry } from './registry.ts';
import type { DatabaseSettings } from './settings.ts';
import type { InspectedField } from './table.ts';

const isNames = listOf(having({ column: isText }));

/** Partitions and child tables are read with their parents. https://www.postgresql.org/docs/current/catalog-pg-constraint.html */
const UNREAD = `
  WITH RECURSIVE read (oid, "column") AS (
    SELECT * FROM unnest($2::oid[], $3::text[])
    UNION SELECT i.inhrelid, read."column" FROM read JOIN pg_inherits i ON i.inhparent = read.oid
  )
  SELECT format('%s.%s.%s', n.nspname, c.relname, a.attname) AS "column"
    FROM pg_constraint k
    JOIN pg_attribute active ON active.attrelid = k.confrelid AND active.attname = 'active' AND k.confkey = ARRAY[active.attnum]
    JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]
   WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = to_regclass($1)
     AND NOT EXISTS (SELECT FROM read WHERE read.oid = c.oid
                        AND (read."column" IS NULL OR read."column" = '"' || replace(a.attname, '"', '""') || '"'))
   ORDER BY 1`;

/**
 * Finds columns that name keys of the registry, by a foreign key, and belong to no encrypted field of schema.prisma: values beside them were
 * not read, and a survey that found no value under a key proves nothing of them.
 *
 * @returns `schema.table.column`
 * @throws DatabaseError
 */
export async function findUnreadColumns(
  pool: Pool,
  { name }: Registry,
  fields: readonly InspectedField[],
  settings: DatabaseSettings,
): Promise<string[]> {
  // A field without a key id in schema.prisma may well have one of its table: its values were read, whatever they name.
  const read = fields.map(({ table }) => [table.oid, table.values.find(({ isKeyId }) => isKeyId)?.sql ?? null] as const);
  const values = [name, read.map(([oid]) => oid), read.map(([, sql]) => sql)];
  const { rows } = await readFrom(pool, (client) => client.query(UNREAD, values)).catch((error: unknown) => {
    throw explain(error, settings);
  });
  return checked(rows, isNames).map(({ column }) => column);
}
