import type { Pool } from 'pg';
import { z } from 'zod';
import { type Access, checkColumns, checkRights, checkTable, requireColumn, TEXT_TYPES } from './check-table.ts';
import { DatabaseError } from './database-error.ts';
import { describe } from './describe-table.ts';
import type { PrismaClient } from './generated/client.ts';
import { quote, readInTransaction } from './own-names.ts';
import type { DatabaseSettings } from './settings.ts';

/** The table as schema.prisma names it and as the database has it. All names are quoted, ready for SQL. */
export interface Table {
  readonly oid: number;
  /** `"schema"."table"` */
  readonly name: string;
  readonly id: string;
  /** The SQL type of the ids, for casts. */
  readonly idType: string;
  /** What makes ids compare byte for byte, whatever the collation of their column; empty for a type without collations. */
  readonly idCollation: string;
  readonly iv: string;
  readonly content: string;
  readonly tag: string;
  /** `schema.table`, to be printed. */
  readonly label: string;
  /** Whether the server follows another one and takes no writes. */
  readonly isStandby: boolean;
  /** Triggers and rules that act on UPDATE: they may change more than the tool does, as `trigger NAME` or `rule NAME`. */
  readonly sideEffects: readonly string[];
}

/** Prisma keeps the names of @@map and @map here, and offers no public way to them (7.10). Checked, since it may change. */
const dataModel = z.object({
  models: z.object({
    UserApiKey: z.object({
      dbName: z.string().nullable(),
      fields: z.array(z.object({ name: z.string(), dbName: z.string().optional() })),
    }),
  }),
});

/**
 * Looks at the table before anything is read from it.
 *
 * @throws DatabaseError where the table or a column is missing, or where not every row could be read (and written)
 */
export async function inspectTable(pool: Pool, prisma: PrismaClient, settings: DatabaseSettings, access: Access): Promise<Table> {
  const model = dataModel.parse(Reflect.get(prisma, '_runtimeDataModel')).models.UserApiKey;
  const tableName = model.dbName ?? 'UserApiKey';
  const columnOf = (field: string) => model.fields.find(({ name }) => name === field)?.dbName ?? field;
  const label = `${settings.schema}.${tableName}`;
  const name = `${quote(settings.schema)}.${quote(tableName)}`;

  const client = await pool.connect();
  try {
    const found = await readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', () => describe(client, name));
    if (found === null) {
      const hint = 'check the database in DATABASE_URL (its ?schema= too) and the @@map line in prisma/schema.prisma';
      throw new DatabaseError(`there is no table ${label} in database ${settings.name}`, hint);
    }
    const id = requireColumn(found, columnOf('id'), label);
    const values = ['iv', 'content', 'tag'].map((field) => requireColumn(found, columnOf(field), label));
    checkTable(found, label);
    checkColumns(id, values, label);
    checkRights(found, [id, ...values], values, settings, name, label, access);
    const idCollation = TEXT_TYPES.includes(id.base_type) ? ' COLLATE pg_catalog."C"' : '';
    if (found.has_child_tables) await refuseRepeatedIds(client);
    client.release();
    return {
      oid: found.oid,
      name,
      label,
      id: quote(columnOf('id')),
      idType: id.type,
      idCollation,
      iv: quote(columnOf('iv')),
      content: quote(columnOf('content')),
      tag: quote(columnOf('tag')),
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

  /** A primary key holds for one table alone, not for those that inherit from it. */
  async function refuseRepeatedIds(reader: typeof client): Promise<void> {
    const column = quote(columnOf('id'));
    const REPEATED = `SELECT FROM ${name} GROUP BY ${column} HAVING count(*) > 1 LIMIT 1`;
    const { rows } = await readInTransaction(reader, 'READ ONLY', () => reader.query(REPEATED));
    if (rows.length === 0) return;
    const hint = 'give each row an id of its own: ids are what rows are named and written by';
    throw new DatabaseError(`the same id occurs in more than one of the tables that inherit from ${label}`, hint);
  }
}
