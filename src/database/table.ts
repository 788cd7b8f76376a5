import type { Pool } from 'pg';
import { z } from 'zod';
import { DatabaseError } from './database-error.ts';
import { explain } from './explain.ts';
import type { PrismaClient } from './generated/client.ts';
import type { DatabaseSettings } from './settings.ts';

/** The table as schema.prisma names it and as the database has it. All names are quoted, ready for SQL. */
export interface Table {
  /** `"schema"."table"` */
  readonly name: string;
  readonly id: string;
  /** The SQL type of the ids, for casts. */
  readonly idType: string;
  readonly iv: string;
  readonly content: string;
  readonly tag: string;
  /** `schema.table`, to be printed. */
  readonly label: string;
  /** Triggers that run on UPDATE: they may change more than the tool does. */
  readonly updateTriggers: readonly string[];
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

const DESCRIBE = `
  SELECT c.relkind IN ('r', 'p') AS is_table,
         has_table_privilege(c.oid, 'SELECT') AS may_select,
         row_security_active(c.oid) AS row_security,
         c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS has_heirs,
         current_setting('transaction_read_only') = 'on' AS read_only,
         ARRAY(SELECT t.tgname::text FROM pg_trigger t
                WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 16 <> 0) AS update_triggers,
         COALESCE((SELECT json_agg(json_build_object(
                  'name', a.attname,
                  'type', format_type(a.atttypid, -1),
                  'not_null', a.attnotnull,
                  'is_unique', EXISTS (SELECT FROM pg_index i
                                        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                                          AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum),
                  'is_text', y.typcategory = 'S',
                  'may_update', has_column_privilege(c.oid, a.attnum, 'UPDATE')))
             FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
    FROM pg_class c
   WHERE c.oid = to_regclass($1)`;

const description = z.object({
  is_table: z.boolean(),
  may_select: z.boolean(),
  row_security: z.boolean(),
  has_heirs: z.boolean(),
  read_only: z.boolean(),
  update_triggers: z.array(z.string()),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      not_null: z.boolean(),
      is_unique: z.boolean(),
      is_text: z.boolean(),
      may_update: z.boolean(),
    }),
  ),
});

/**
 * Looks at the table before anything is read from it.
 *
 * @param willWrite - also require what writing takes
 * @throws DatabaseError where the table or a column is missing, or where not every row could be read (and written)
 */
export async function describeTable(
  pool: Pool,
  prisma: PrismaClient,
  settings: DatabaseSettings,
  willWrite: boolean,
): Promise<Table> {
  const model = dataModel.parse(Reflect.get(prisma, '_runtimeDataModel')).models.UserApiKey;
  const tableName = model.dbName ?? 'UserApiKey';
  const columnOf = (field: string) => model.fields.find(({ name }) => name === field)?.dbName ?? field;
  const label = `${settings.schema}.${tableName}`;
  const name = `${quote(settings.schema)}.${quote(tableName)}`;

  const { rows } = await pool.query(DESCRIBE, [name]).catch((error: unknown) => {
    throw explain(error, settings);
  });
  if (rows.length === 0) {
    const hint = 'check the database in DATABASE_URL (its ?schema= too) and the @@map line in prisma/schema.prisma';
    throw new DatabaseError(`there is no table ${label} in database ${settings.name}`, hint);
  }
  const found = description.parse(rows[0]);
  if (!found.is_table) throw new DatabaseError(`${label} is not a table`, 'name the table itself in prisma/schema.prisma');
  const id = requireColumn(columnOf('id'));
  // Pages are read from id to id: a row with another's id, or with none, would be overlooked, by the verification too.
  if (!id.is_unique || !id.not_null) {
    const hint = 'name the column of the primary key with @map in prisma/schema.prisma, or ADD PRIMARY KEY on it alone';
    throw new DatabaseError(`column ${id.name} of ${label} is not unique and NOT NULL, so rows could be overlooked`, hint);
  }
  if (found.has_heirs) {
    const hint = 'rotate each of these tables by itself: name it with @@map in prisma/schema.prisma';
    throw new DatabaseError(`other tables inherit from ${label}, and may repeat its ids`, hint);
  }
  const values = [columnOf('iv'), columnOf('content'), columnOf('tag')].map(requireColumn);
  for (const { name: column, type, is_text } of values) {
    if (!is_text)
      throw new DatabaseError(
        `column ${column} of ${label} is ${type}, not text`,
        'the tool reads and writes hex in text columns',
      );
  }
  if (!found.may_select) {
    throw new DatabaseError(
      `user ${settings.user} may not SELECT from ${label}`,
      `GRANT SELECT, UPDATE ON ${name} TO ${quote(settings.user)}`,
    );
  }
  if (found.row_security) {
    const hint = 'use the role that owns the table, or one with BYPASSRLS, so that no row is overlooked';
    throw new DatabaseError(`row-level security hides rows of ${label} from user ${settings.user}`, hint);
  }
  if (willWrite && found.read_only) {
    throw new DatabaseError(`database ${settings.name} is read-only, or a standby`, 'point DATABASE_URL at the primary');
  }
  if (willWrite && values.some(({ may_update }) => !may_update)) {
    throw new DatabaseError(
      `user ${settings.user} may not UPDATE ${label}`,
      `GRANT SELECT, UPDATE ON ${name} TO ${quote(settings.user)}`,
    );
  }
  const quoted = {
    id: quote(columnOf('id')),
    iv: quote(columnOf('iv')),
    content: quote(columnOf('content')),
    tag: quote(columnOf('tag')),
  };
  return { name, label, idType: id.type, ...quoted, updateTriggers: found.update_triggers };

  function requireColumn(column: string) {
    const match = found.columns.find((each) => each.name === column);
    if (match !== undefined) return match;
    const hint = 'check the database in DATABASE_URL, and the @map lines in prisma/schema.prisma';
    throw new DatabaseError(`table ${label} has no column ${column}`, hint);
  }
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
