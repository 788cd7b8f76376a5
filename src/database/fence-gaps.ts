import type { Pool } from 'pg';
import { quote } from './own-names.ts';
import { readFrom } from './pool-transaction.ts';
import type { Registry } from './registry.ts';
import type { InspectedField } from './table.ts';

/** Why a write under a retired key could pass: what is missing of the fence around a field. */
export interface FenceGap {
  /** As `Account.access`. */
  readonly field: string;
  /** `schema.table`: the table, or the partition or child table that has the gap. */
  readonly table: string;
  /** The same, ready for SQL. */
  readonly sqlName: string;
  /** The column of the key id; null if the field has none. */
  readonly column: string | null;
  /** A column of the value, ready for SQL. */
  readonly valueColumn: string;
  readonly kind: 'no-key-id' | 'may-be-null' | 'no-foreign-key' | 'not-generated';
}

/**
 * A key id is given if it is NOT NULL, or if a check says that it is wherever a column of the value is not null. Looks at every table
 * that rows of the field are in: constraints are not inherited by child tables, and can be added without a check of the rows (NOT
 * VALID), without effect (NOT ENFORCED, PostgreSQL 18), or with triggers that are disabled.
 * https://www.postgresql.org/docs/current/catalog-pg-constraint.html
 */
const GAPS = `
  WITH RECURSIVE part (oid) AS (
    SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
  ),
  active AS (
    SELECT attrelid, attnum, attgenerated = 's' AS generated FROM pg_attribute WHERE attrelid = to_regclass($3) AND attname = 'active'
  )
  SELECT format('%s.%s', n.nspname, c.relname) AS "table", format('%I.%I', n.nspname, c.relname) AS sql_name, a.attname::text AS "column",
         (SELECT generated FROM active) AS generated,
         a.attnotnull OR EXISTS (
           SELECT FROM pg_constraint k JOIN pg_attribute v ON v.attrelid = c.oid AND '"' || replace(v.attname, '"', '""') || '"' = ANY ($4::text[])
            WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated
              AND COALESCE(to_jsonb(k) ->> 'conenforced', 'true') = 'true'
              AND pg_get_constraintdef(k.oid) = format('CHECK (((%I IS NULL) OR (%I IS NOT NULL)))', v.attname, a.attname)) AS given,
         EXISTS (SELECT FROM pg_constraint k JOIN active ON k.confrelid = active.attrelid
                  WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.convalidated
                    AND COALESCE(to_jsonb(k) ->> 'conenforced', 'true') = 'true'
                    AND k.conkey = ARRAY[a.attnum] AND k.confkey = ARRAY[active.attnum]
                    AND k.confupdtype IN ('a', 'r')
                    AND NOT EXISTS (SELECT FROM pg_trigger t
                                     WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))) AS referenced
    FROM part JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND '"' || replace(a.attname, '"', '""') || '"' = $2
   ORDER BY c.oid`;

/**
 * Says where PostgreSQL could not refuse a write under a retired key.
 *
 * @throws what pg throws
 */
export function findFenceGaps(pool: Pool, registry: Registry, fields: readonly InspectedField[]): Promise<FenceGap[]> {
  return readFrom(pool, async (client) => {
    const found: FenceGap[] = [];
    for (const { name: field, layout, table } of fields) {
      const columns = table.values.filter((column) => layout.keyIds.includes(column.field));
      const values = table.values.filter(({ written, isKeyId }) => written && !isKeyId);
      const [{ sql: valueColumn } = missing(field)] = values;
      if (columns.length === 0)
        found.push({ field, table: table.label, sqlName: table.name, column: null, valueColumn, kind: 'no-key-id' });
      for (const { sql } of columns) {
        const { rows } = await client.query(GAPS, [table.oid, sql, registry.name, values.map((column) => column.sql)]);
        for (const row of rows) {
          const gap = { field, table: String(row.table), sqlName: String(row.sql_name), column: String(row.column), valueColumn };
          if (row.generated !== true) found.push({ ...gap, kind: 'not-generated' });
          else if (row.referenced !== true) found.push({ ...gap, kind: 'no-foreign-key' });
          else if (row.given !== true) found.push({ ...gap, kind: 'may-be-null' });
        }
      }
    }
    return found;
  });
}

function missing(field: string): never {
  throw new Error(`no column of ${field} is written`);
}

/** @returns the statement that closes a gap in a table; null where there is none that does it alone */
export function sqlToClose({ kind, sqlName, column, valueColumn }: FenceGap, registry: Registry): string | null {
  if (column === null || kind === 'not-generated' || kind === 'no-key-id') return null;
  const alter = `ALTER TABLE ${sqlName}`;
  return kind === 'may-be-null'
    ? // Prisma drops NOT NULL where its schema has an optional field, and knows nothing of a check.
      `${alter} ADD CHECK (${valueColumn} IS NULL OR ${quote(column)} IS NOT NULL)`
    : `${alter} ADD FOREIGN KEY (${quote(column)}) REFERENCES ${registry.name} (active) ON UPDATE NO ACTION ON DELETE NO ACTION`;
}
