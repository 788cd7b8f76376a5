import type { ClientBase, Pool } from 'pg';
import { type Access, checkColumns, checkRights, checkTable, requireColumn, TEXT_TYPES } from './check-table.ts';
import { DatabaseError } from './database-error.ts';
import { describe } from './describe-table.ts';
import type { EncryptedField } from './encrypted-field.ts';
import { quote, readInTransaction } from './own-names.ts';
import type { DatabaseSettings } from './settings.ts';

/** A column of the encrypted value. */
export interface ValueColumn {
  /** As schema.prisma names it. */
  readonly field: string;
  /** As SQL names it. */
  readonly sql: string;
}

/** The table as schema.prisma names it and as the database has it. All names but the label are quoted, ready for SQL. */
export interface Table {
  readonly oid: number;
  /** `"schema"."table"` */
  readonly name: string;
  readonly id: string;
  /** The SQL type of the ids, with its schema, for casts. */
  readonly idType: string;
  /** Makes ids compare byte for byte, whatever the collation of their column; empty for a type without collations. */
  readonly idCollation: string;
  readonly values: readonly ValueColumn[];
  /** `schema.table`, to be printed. */
  readonly label: string;
  /** Whether the server follows another one and takes no writes. */
  readonly isStandby: boolean;
  /** Triggers and rules that act on UPDATE: they may change more than the tool does, as `trigger NAME` or `rule NAME`. */
  readonly sideEffects: readonly string[];
}

/**
 * Inspects the table of an encrypted field before anything is read from it.
 *
 * @throws DatabaseError if the table or a column is missing, or if not every row could be read (and written)
 */
export async function inspectTable(
  pool: Pool,
  { table, id, parts }: EncryptedField,
  settings: DatabaseSettings,
  access: Access,
): Promise<Table> {
  const label = `${settings.schema}.${table}`;
  const name = `${quote(settings.schema)}.${quote(table)}`;
  const named = [parts.iv, parts.content, parts.tag];

  const client = await pool.connect();
  try {
    const found = await readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', () => describe(client, name));
    if (found === null) {
      const hint = 'check the database in DATABASE_URL (and its ?schema=) and the @@map line in prisma/schema.prisma';
      throw new DatabaseError(`there is no table ${label} in database ${settings.name}`, hint);
    }
    const idColumn = requireColumn(found, id.column, label);
    const values = named.map(({ column }) => requireColumn(found, column, label));
    checkTable(found, label);
    checkColumns(idColumn, values, label);
    checkRights(found, [idColumn, ...values], values, settings.name, name, label, access);
    if (found.has_child_tables) await refuseRepeatedIds(client, name, quote(id.column), label);
    client.release();
    return {
      oid: found.oid,
      name,
      label,
      id: quote(id.column),
      idType: idColumn.qualified_type,
      idCollation: TEXT_TYPES.includes(idColumn.base_type) ? ' COLLATE pg_catalog."C"' : '',
      values: named.map(({ field, column }) => ({ field, sql: quote(column) })),
      isStandby: found.is_standby,
      sideEffects: [
        ...found.update_triggers.map((trigger) => `trigger ${trigger}`),
        ...found.update_rules.map((rule) => `rule ${rule}`),
      ],
    };
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** A primary key covers one table, not those that inherit from it. */
async function refuseRepeatedIds(client: ClientBase, name: string, id: string, label: string): Promise<void> {
  const repeated = `SELECT FROM ${name} GROUP BY ${id} HAVING count(*) > 1 LIMIT 1`;
  const { rows } = await readInTransaction(client, 'READ ONLY', () => client.query(repeated));
  if (rows.length === 0) return;
  const hint = 'give each row a unique id: the tool finds and writes rows by id';
  throw new DatabaseError(`the same id occurs in more than one of the tables that inherit from ${label}`, hint);
}
