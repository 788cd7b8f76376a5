import type { ClientBase } from 'pg';
import { checked, type Guarded, having, isFlag, isNumber, isText, listOf } from './answer.ts';

/** A table of a schema, as far as a search needs to know it. */
export type ListedTable = Guarded<typeof isListedTable>;
export type ListedColumn = ListedTable['columns'][number];

/** Columns that are null in every row, as the statistics have it. A hardened server may not let the role read them. */
const ALL_NULL = `
    SELECT tablename, attname FROM pg_stats WHERE schemaname = $2 GROUP BY tablename, attname HAVING bool_and(null_frac = 1)`;
const NOTHING_KNOWN = `SELECT ''::name, ''::name WHERE $2::text IS NULL`;

/**
 * Ordinary and partitioned tables, but not what they consist of: partitions and child tables are read through their parents,
 * except for what a child table has of its own. Functions that would wait for a lock on a table are not called. `base` is the type behind a domain. Each CTE is joined, not looked up for each column:
 * that would take seconds where there are a thousand tables.
 *
 * @param allNull - what selects the columns that are null in every row
 */
const list = (allNull: string) => `
  WITH RECURSIVE base (type, oid, parent) AS (
    SELECT oid, oid, typbasetype FROM pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT base.type, t.oid, t.typbasetype FROM base JOIN pg_type t ON t.oid = base.parent
  ),
  part (root, oid) AS (
    SELECT oid, oid FROM pg_class WHERE relnamespace = $1::oid AND relkind IN ('r', 'p')
    UNION
    SELECT part.root, i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
  ),
  parts (root, oids, blocks) AS (
    SELECT part.root, array_agg(part.oid::bigint::text), sum(greatest(p.relpages, 0))::float8
      FROM part JOIN pg_class p ON p.oid = part.oid GROUP BY part.root
  ),
  all_null (tablename, attname) AS (${allNull})
  SELECT c.relname::text AS name,
         row_security_active(c.oid) AS row_security,
         parts.oids AS parts,
         parts.blocks AS blocks,
         COALESCE((SELECT json_agg(json_build_object(
                  'name', a.attname,
                  'type', format_type(COALESCE(base.oid, a.atttypid), -1),
                  'is_id', a.attnotnull AND EXISTS (
                    SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                                             AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum),
                  'is_primary', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
                  'is_inherited', a.attinhcount > 0,
                  'is_generated', a.attgenerated <> '',
                  'is_null', (c.relname, a.attname) IN (SELECT tablename, attname FROM all_null),
                  'may_select', COALESCE(has_column_privilege(c.oid, a.attnum, 'SELECT'), false)) ORDER BY a.attnum)
             FROM pg_attribute a LEFT JOIN base ON base.type = a.atttypid AND base.parent = 0
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
    FROM pg_class c JOIN parts ON parts.root = c.oid
   WHERE c.relnamespace = $1::oid AND c.relkind IN ('r', 'p')
     AND (NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
          OR NOT c.relispartition
             AND EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0))
   ORDER BY c.relname`;

const SCHEMA = `
  SELECT oid::bigint::text AS oid, has_table_privilege('pg_stats', 'SELECT') AS has_statistics FROM pg_namespace WHERE nspname = $1`;

const isListedTable = having({
  name: isText,
  /** Policies would hide rows from the role. */
  row_security: isFlag,
  /** The oids of the table and of its partitions or child tables. */
  parts: listOf(isText),
  /** Their size as the last VACUUM or ANALYZE saw it. */
  blocks: isNumber,
  columns: listOf(
    having({
      name: isText,
      type: isText,
      /** Whether it alone names a row. */
      is_id: isFlag,
      is_primary: isFlag,
      /** Whether it is read through a parent. */
      is_inherited: isFlag,
      /** Whether it only repeats what is in other columns. */
      is_generated: isFlag,
      /** Whether the statistics say that all of it is null. */
      is_null: isFlag,
      may_select: isFlag,
    }),
  ),
});

/**
 * Lists the tables of a schema, in a transaction where names mean PostgreSQL's own.
 *
 * @returns null where there is no such schema
 */
export async function listTables(client: ClientBase, schema: string): Promise<readonly ListedTable[] | null> {
  const { rows: schemas } = await client.query(SCHEMA, [schema]);
  const oid: unknown = schemas[0]?.oid;
  if (oid === undefined) return null;
  const { rows } = await client.query(list(schemas[0]?.has_statistics === true ? ALL_NULL : NOTHING_KNOWN), [oid, schema]);
  return checked(rows, listOf(isListedTable));
}
