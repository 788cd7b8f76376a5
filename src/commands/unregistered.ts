import { type KeyRing, keysOf } from '../crypto/key-ring.ts';
import type { EncryptedField } from '../database/encrypted-field.ts';
import type { DatabaseSettings } from '../database/settings.ts';
import type { Pool } from '../database/with-pool.ts';
import type { Obstacle } from '../discovery/found-values.ts';
import type { NotRead } from '../discovery/sample.ts';
import { verb } from '../report/wording.ts';
import { notReadLines, QUICK, searchTables } from './search.ts';

/** A value under one of the keys in columns that no encrypted field has. */
export interface UnregisteredValue extends Obstacle {
  /** `schema.table` */
  readonly table: string;
  readonly columns: readonly string[];
}

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
  const values = unregistered.map(({ schema, table, columns, problem, endangered }) => ({
    ...{ problem, endangered },
    table: `${schema}.${table}`,
    columns: columns.map(({ name }) => name),
    names: columns.flatMap(({ name }) => [`${table}.${name}`, `${schema}.${table}.${name}`]),
  }));
  return {
    values: values
      // What would be destroyed cannot be ignored.
      .filter(({ names, endangered }) => endangered || !ignored.some((name) => names.includes(name)))
      .map(({ names: _names, ...value }) => value),
    notSearched: notRead.filter(({ kind }) => kind === 'unread'),
  };
}

/** @returns the line that says what was not searched, or null if all was */
export function notSearchedLine(notSearched: readonly NotRead[]): string | null {
  const reasons = notReadLines(notSearched, 'unread', MOST_NAMES);
  if (reasons.length === 0) return null;
  const tables = new Set(notSearched.map(({ schema, table }) => `${schema}.${table}`)).size;
  return `not searched for forgotten values: ${tables} ${verb(tables, 'table', 'tables')} (${reasons.join('; ')})`;
}
