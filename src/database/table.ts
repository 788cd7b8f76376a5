import type { ClientBase, Pool } from 'pg';
import { createLayout, type Layout } from '../layout/layout.ts';
import { type Access, checkColumn, checkId, checkRights, checkTable, requireColumn } from './check-table.ts';
import { DatabaseError } from './database-error.ts';
import { describe } from './describe-table.ts';
import type { EncryptedField } from './encrypted-field.ts';
import { quote, readInTransaction } from './own-names.ts';
import type { DatabaseSettings } from './settings.ts';
import { TEXT_TYPES, typeOf, type ValueColumn } from './value-column.ts';

/** The table of an encrypted field, as schema.prisma names it and as the database has it. All names but the label are quoted, ready for SQL. */
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
  /** Columns that other values of the row are bound to: a write that a trigger makes change them is undone. */
  readonly kept: readonly string[];
  /** `schema.table`, to be printed. */
  readonly label: string;
  /** Whether the server follows another one and takes no writes. */
  readonly isStandby: boolean;
  /** Triggers and rules that act on UPDATE: they may change more than the tool does, as `trigger NAME` or `rule NAME`. */
  readonly sideEffects: readonly string[];
}

/** An encrypted field as schema.prisma describes it, with its table as the database has it. */
export interface InspectedField {
  /** As `Account.access`. */
  readonly name: string;
  readonly model: string;
  readonly table: Table;
  readonly layout: Layout;
}

/**
 * Inspects the table of an encrypted field before anything is read from it.
 *
 * @param kept - see boundBeside
 * @throws DatabaseError if the table or a column is missing, or not every row could be read (and written)
 */
export async function inspectField(
  pool: Pool,
  field: EncryptedField,
  settings: DatabaseSettings,
  access: Access,
  kept: readonly string[] = [],
): Promise<InspectedField> {
  const schema = field.schema ?? settings.schema;
  const label = `${schema}.${field.table}`;
  const name = `${quote(schema)}.${quote(field.table)}`;
  const layout = createLayout(field.layout);

  const client = await pool.connect();
  try {
    const found = await readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', () => describe(client, name));
    if (found === null) {
      const hint = 'check the database in DATABASE_URL (and its ?schema=) and the @@map line in prisma/schema.prisma';
      throw new DatabaseError(`there is no table ${label} in database ${settings.name}`, hint);
    }
    const id = requireColumn(found, field.id.column, label);
    const columns = field.columns.map((named) => {
      const part = field.layout.columns.find(({ column }) => column === named.field);
      return { field: named.field, kind: part?.kind ?? ('bound' as const), found: requireColumn(found, named.column, label) };
    });
    checkTable(found, label);
    checkId(id, label);
    for (const column of columns) checkColumn(column.found, column.kind, label);
    const written = columns.filter(({ kind }) => kind !== 'bound').map((column) => column.found);
    checkRights(found, [id, ...columns.map((column) => column.found)], written, settings.name, name, label, access);
    if (found.has_child_tables) await refuseRepeatedIds(client, name, quote(id.name), label);
    client.release();
    const table = {
      oid: found.oid,
      name,
      label,
      id: quote(id.name),
      idType: id.qualified_type,
      idCollation: TEXT_TYPES.includes(id.base_type) ? ' COLLATE pg_catalog."C"' : '',
      values: columns.map(({ field: named, kind, found: { name: column, base_type } }) => ({
        field: named,
        sql: quote(column),
        type: typeOf(base_type),
        written: kind !== 'bound',
        isKeyId: kind === 'key-id',
        mayBeNull: layout.keyIds.length > 0 && kind !== 'bound',
      })),
      kept: kept.map(quote),
      isStandby: found.is_standby,
      sideEffects: [
        ...found.update_triggers.map((trigger) => `trigger ${trigger}`),
        ...found.update_rules.map((rule) => `rule ${rule}`),
      ],
    };
    return { name: field.name, model: field.model, table, layout };
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
