import type { ClientBase } from 'pg';
import { checked, type Guarded, having, isFlag, isNumber, isText, listOf, orNull } from './answer.ts';

/** The table as PostgreSQL's catalog describes it. */
export type Description = Omit<Guarded<typeof isDescription>, 'oid'> & { readonly oid: number };
export type ColumnDescription = Description['columns'][number];

/** `base` is the type behind a domain, or the type itself. */
const DESCRIBE = `
  WITH RECURSIVE base (type, oid, parent) AS (
    SELECT oid, oid, typbasetype FROM pg_type
    UNION ALL
    SELECT base.type, t.oid, t.typbasetype FROM base JOIN pg_type t ON t.oid = base.parent
  ),
  part (oid) AS (
    SELECT to_regclass($1)::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
  )
  SELECT c.oid::bigint::text AS oid,
         c.relkind IN ('r', 'p') AS is_table,
         CASE WHEN c.relispartition THEN pg_partition_root(c.oid)
              ELSE (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid LIMIT 1) END::regclass::text AS parent,
         c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS has_child_tables,
         row_security_active(c.oid) AS row_security,
         pg_is_in_recovery() AS is_standby,
         current_user::text AS role,
         has_function_privilege('pg_logical_emit_message(boolean, text, text' ||
           CASE WHEN current_setting('server_version_num')::int >= 170000 THEN ', boolean)' ELSE ')' END, 'EXECUTE') AS may_wait_for_disk,
         current_setting('default_transaction_read_only') = 'on' AS read_only,
         ARRAY(SELECT DISTINCT t.tgname::text FROM pg_trigger t
                WHERE t.tgrelid IN (SELECT part.oid FROM part) AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 16 <> 0) AS update_triggers,
         ARRAY(SELECT r.rulename::text FROM pg_rewrite r
                WHERE r.ev_class IN (SELECT part.oid FROM part) AND r.ev_type = '2' AND r.ev_enabled <> 'D') AS update_rules,
         COALESCE((SELECT json_agg(json_build_object(
                  'name', a.attname,
                  'type', format_type(a.atttypid, -1),
                  'qualified_type', (SELECT format('%I.%I', n.nspname, t.typname)
                                       FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = a.atttypid),
                  'base_type', (SELECT format_type(base.oid, -1) FROM base WHERE base.type = a.atttypid AND base.parent = 0),
                  'max_characters', CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
                  'is_generated', a.attgenerated <> '',
                  'not_null', a.attnotnull,
                  'is_unique', EXISTS (SELECT FROM pg_index i
                                        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                                          AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum),
                  'may_select', has_column_privilege(c.oid, a.attnum, 'SELECT'),
                  'may_update', has_column_privilege(c.oid, a.attnum, 'UPDATE')))
             FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
    FROM pg_class c
   WHERE c.oid = to_regclass($1)`;

const isDescription = having({
  oid: isText,
  is_table: isFlag,
  /** What it is a part of, as SQL names it; null if it is a table of its own. */
  parent: orNull(isText),
  /** By inheritance; does not count partitions. */
  has_child_tables: isFlag,
  row_security: isFlag,
  is_standby: isFlag,
  /** The role whose privileges count: after SET ROLE it is not the user of the connection. */
  role: isText,
  may_wait_for_disk: isFlag,
  read_only: isFlag,
  update_triggers: listOf(isText),
  update_rules: listOf(isText),
  columns: listOf(
    having({
      name: isText,
      type: isText,
      /** Quoted, for a cast: without its schema, even `uuid` could be somebody else's domain, whose CHECK runs their function. */
      qualified_type: isText,
      base_type: isText,
      /** Of varchar(n) and char(n); null for any other type. */
      max_characters: orNull(isNumber),
      /** The server makes it of other columns, and lets nobody write it. */
      is_generated: isFlag,
      not_null: isFlag,
      is_unique: isFlag,
      may_select: isFlag,
      may_update: isFlag,
    }),
  ),
});

/**
 * Reads the description of a table, in a transaction in which names mean PostgreSQL's own.
 *
 * @param name - `"schema"."table"`
 * @returns null if there is no such table
 */
export async function describe(client: ClientBase, name: string): Promise<Description | null> {
  const { rows } = await client.query(DESCRIBE, [name]);
  if (rows.length === 0) return null;
  const found = checked(rows[0], isDescription);
  return { ...found, oid: Number(found.oid) };
}
