import { type KeyRing, keysOf } from '../../crypto/key-ring.ts';
import type { EncryptedField } from '../../database/encrypted-field.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Pool } from '../../database/with-pool.ts';
import type { NotRead } from '../../discovery/sample.ts';
import { verb } from '../../report/wording.ts';
import type { UnregisteredValue } from '../../rotation/result.ts';
import { QUICK, searchTables } from '../search.ts';

/** What a search for forgotten values came to. */
export interface Forgotten {
  readonly values: readonly UnregisteredValue[];
  /** What could not be looked at, though something may be there. */
  readonly notSearched: readonly NotRead[];
}

/** Tables that are named for each reason: the command discover names all. */
const MOST_NAMES = 3;

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
): Promise<Forgotten> {
  const { unregistered, notRead } = await searchTables(pool, settings, keysOf(ring), encryptedFields, QUICK, signal);
  const values = unregistered.map(({ schema, table, columns, problem }) => ({
    problem,
    table: `${schema}.${table}`,
    columns: columns.map(({ name }) => name),
    names: columns.flatMap(({ name }) => [`${table}.${name}`, `${schema}.${table}.${name}`]),
  }));
  return {
    values: values
      // What shares a column with a value that is rotated would be destroyed: it cannot be ignored.
      .filter(({ names, problem }) => problem !== null || !ignored.some((name) => names.includes(name)))
      .map(({ table, columns, problem }) => ({ table, columns, problem })),
    notSearched: notRead.filter(({ kind }) => kind === 'unread'),
  };
}

/** @returns the line that says what was not searched, or null if all was */
export function notSearchedLine(notSearched: readonly NotRead[]): string | null {
  const places = new Map<string, string[]>();
  for (const { schema, table, column, reason } of notSearched)
    places.set(reason, [...(places.get(reason) ?? []), `${schema}.${table}${column === null ? '' : `.${column}`}`]);
  if (places.size === 0) return null;
  const reasons = [...places].map(([reason, names]) => {
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    return `${reason}: ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
  });
  const tables = new Set(notSearched.map(({ schema, table }) => `${schema}.${table}`)).size;
  return `not searched for forgotten values: ${tables} ${verb(tables, 'table', 'tables')} (${reasons.join('; ')})`;
}
