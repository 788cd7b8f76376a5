import type { Pool } from 'pg';
import { checked, type Guarded, having, isFlag, isText, isTime, listOf, orNull } from './answer.ts';
import { explain } from './explain.ts';
import { quote } from './own-names.ts';
import { readFrom } from './pool-transaction.ts';
import type { DatabaseSettings } from './settings.ts';

const TABLE = 'encryption_keys';
const isTimeOrNull = orNull(isTime);

/** What the registry says of a key. */
const ENTRY = {
  fingerprint: isText,
  /** Where the key comes from, such as `awskms`. */
  source: isText,
  created_at: isTime,
  /** When a survey first found values under it. */
  activated_at: isTimeOrNull,
  /** When a verification last found every value under it. */
  last_verified_at: isTimeOrNull,
  /** Since when every survey has found no value under it; null if the last one did, or there was none. */
  unused_since: isTimeOrNull,
  escrow_checked_at: isTimeOrNull,
  retired_at: isTimeOrNull,
  /** Values under it, as the last survey counted them. */
  rows: orNull(isText),
};
const isEntry = having(ENTRY);
export type RegistryEntry = Omit<Guarded<typeof isEntry>, 'rows'> & { readonly rows: number | null };

/** The table encryption_keys of an application that has one: prisma/encryption-keys.sql. */
export interface Registry {
  /** `schema.table`, to be printed. */
  readonly label: string;
  /** The same, quoted, ready for SQL. */
  readonly name: string;
  readonly mayRead: boolean;
  readonly mayInsert: boolean;
  readonly mayUpdate: boolean;
  /** A column that it should have and does not: then it is another table of the same name, and not used. */
  readonly missingColumn: string | null;
  /** By fingerprint, the oldest first; empty if the table cannot be used. */
  readonly entries: ReadonlyMap<string, RegistryEntry>;
  /** The server's time when they were read. */
  readonly readAt: Date;
}

const DESCRIBE = `
  SELECT now() AS read_at,
         ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
         has_table_privilege(c.oid, 'SELECT') AS may_read,
         has_table_privilege(c.oid, 'INSERT') AS may_insert,
         has_table_privilege(c.oid, 'UPDATE') AS may_update
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p') AND has_schema_privilege(n.oid, 'USAGE')`;

const isDescription = having({
  read_at: isTime,
  columns: listOf(isText),
  may_read: isFlag,
  may_insert: isFlag,
  may_update: isFlag,
});

/** All that prisma/encryption-keys.sql makes. */
const COLUMNS = [...Object.keys(ENTRY), 'operator', 'host', 'reason', 'run_id', 'active'];

/**
 * Reads the registry, in the schema that DATABASE_URL names.
 *
 * @returns null if there is no table of that name, or it is in a schema that the role may not use
 * @throws DatabaseError
 */
export function readRegistry(pool: Pool, settings: DatabaseSettings): Promise<Registry | null> {
  const { schema } = settings;
  const name = `${quote(schema)}.${quote(TABLE)}`;
  const read = readFrom(pool, async (client) => {
    const { rows: found } = await client.query(DESCRIBE, [schema, TABLE]);
    if (found[0] === undefined) return null;
    const { columns, may_read: mayRead, may_insert, may_update, read_at: readAt } = checked(found[0], isDescription);
    const missingColumn = COLUMNS.find((column) => !columns.includes(column)) ?? null;
    const isReadable = mayRead && missingColumn === null;
    const list = Object.keys(ENTRY).join(', ');
    const { rows } = isReadable
      ? await client.query(`SELECT ${list} FROM ${name} ORDER BY created_at, fingerprint`)
      : { rows: [] };
    const entries = new Map(
      checked(rows, listOf(isEntry)).map((each) => [
        each.fingerprint,
        { ...each, rows: each.rows === null ? null : Number(each.rows) },
      ]),
    );
    const rights = { mayRead, mayInsert: may_insert, mayUpdate: may_update };
    return { label: `${schema}.${TABLE}`, name, ...rights, missingColumn, entries, readAt };
  });
  return read.catch((error: unknown) => {
    throw explain(error, settings);
  });
}

/** @returns whether the registry can be relied on: it is there, of the right form, and the role may read it */
export function isUsable(registry: Registry | null): registry is Registry {
  return registry?.mayRead === true && registry.missingColumn === null;
}
