import { type KeyRing, keysOf } from '../../crypto/key-ring.ts';
import type { EncryptedField } from '../../database/encrypted-field.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Pool } from '../../database/with-pool.ts';
import type { UnregisteredValue } from '../../rotation/result.ts';
import { QUICK, searchTables } from '../search.ts';

/**
 * Looks for values under the keys in columns that schema.prisma does not register, in a small sample of every table.
 *
 * @param ignored - columns that are meant to stay, as `table.column` or `schema.table.column`: the value is left out that one of them
 * belongs to
 * @throws DatabaseError, the signal's reason
 */
export async function findUnregistered(
  pool: Pool,
  settings: DatabaseSettings,
  ring: KeyRing,
  encryptedFields: readonly EncryptedField[],
  ignored: readonly string[],
  signal: AbortSignal,
): Promise<UnregisteredValue[]> {
  const { unregistered } = await searchTables(pool, settings, keysOf(ring), encryptedFields, QUICK, signal);
  const values = unregistered.map(({ schema, table, columns, problem }) => ({
    problem,
    table: `${schema}.${table}`,
    columns: columns.map(({ name }) => name),
    names: columns.flatMap(({ name }) => [`${table}.${name}`, `${schema}.${table}.${name}`]),
  }));
  // What shares a column with a value that is rotated would be destroyed: it cannot be ignored.
  return values
    .filter(({ names, problem }) => problem !== null || !ignored.some((name) => names.includes(name)))
    .map(({ table, columns, problem }) => ({ table, columns, problem }));
}
