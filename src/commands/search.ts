import type { EncryptionKey } from '../crypto/encryption-key.ts';
import type { EncryptedField } from '../database/encrypted-field.ts';
import type { SampleSize } from '../database/sample-sql.ts';
import { readSamples } from '../database/samples.ts';
import type { DatabaseSettings } from '../database/settings.ts';
import type { Pool } from '../database/with-pool.ts';
import {
  type FoundValue,
  findValues,
  isRegistered,
  type Obstacle,
  obstacleTo,
  type RegisteredValue,
} from '../discovery/found-values.ts';
import { placeName, placesOf } from '../discovery/places.ts';
import type { NotRead } from '../discovery/sample.ts';

/** For the command discover, which may take some seconds. */
export const THOROUGH: SampleSize = {
  rows: 100,
  pages: 16,
  statementMs: 2000,
  lockMs: 1000,
  totalMs: null,
  rareMs: 20_000,
  otherTypes: true,
  attempts: 40_000,
};
/** For the preflight of a rotation, which may take a second on 200 tables. */
export const QUICK: SampleSize = {
  rows: 10,
  pages: 4,
  statementMs: 250,
  lockMs: 20,
  totalMs: 10_000,
  rareMs: 400,
  otherTypes: false,
  attempts: 1000,
};

/** A value that the schema does not have, and what is in the way of that. */
type UnregisteredFound = FoundValue & Obstacle;

/** What a search through all tables found. */
export interface Search {
  readonly registered: readonly FoundValue[];
  readonly unregistered: readonly UnregisteredFound[];
  readonly notRead: readonly NotRead[];
  readonly tables: number;
  /** Of all tables together. */
  readonly rows: number;
}

/**
 * Looks through every table of the schemas that have encrypted fields, and of that in DATABASE_URL, for values under the keys.
 *
 * @param signal - aborting it ends the search
 * @throws DatabaseError where a schema is missing or the connection is lost; the signal's reason
 */
export async function searchTables(
  pool: Pool,
  settings: DatabaseSettings,
  keys: readonly EncryptionKey[],
  encryptedFields: readonly EncryptedField[],
  size: SampleSize,
  signal: AbortSignal,
): Promise<Search> {
  const known = encryptedFields.map((field) => registeredValue(field, settings.schema));
  const found: FoundValue[] = [];
  const notTried: NotRead[] = [];
  let tables = 0;
  let rows = 0;
  const schemas = [...new Set([settings.schema, ...known.map(({ schema }) => schema)])].map((name) => ({
    name,
    // That of DATABASE_URL does not matter where every model has its own @@schema.
    required: encryptedFields.length === 0 || known.some(({ schema }) => schema === name),
  }));
  const notRead = await readSamples(pool, settings, schemas, size, signal, (sample) => {
    tables += 1;
    rows += sample.rows.length;
    const { values, notTried: left } = findValues(sample, keys, size.attempts);
    found.push(...values);
    notTried.push(...left);
  });
  const unregistered = found.filter((value) => !isRegistered(value, known));
  return {
    registered: found.filter((value) => isRegistered(value, known)),
    unregistered: unregistered.map((value) => {
      const others = unregistered.filter((other) => other !== value);
      return { ...value, ...obstacleTo(value, known, others) };
    }),
    notRead: [...notRead, ...notTried],
    ...{ tables, rows },
  };
}

function registeredValue({ schema, table, columns, layout }: EncryptedField, defaultSchema: string): RegisteredValue {
  const named = new Map(columns.map(({ field, column }) => [field, column]));
  const nameOf = (field: string) => named.get(field) ?? field;
  const places = placesOf(layout).map(({ column, member }) => placeName({ column: nameOf(column), member }));
  return { schema: schema ?? defaultSchema, table, columns: layout.columns.map(({ column }) => nameOf(column)), places };
}

/** @returns what was not read, a line for each reason, with that many names at the most */
export function notReadLines(notRead: readonly NotRead[], kind: NotRead['kind'], most = Number.POSITIVE_INFINITY): string[] {
  const places = new Map<string, string[]>();
  for (const { schema, table, column, reason } of notRead.filter((each) => each.kind === kind)) {
    const place = `${schema}.${table}${column === null ? '' : `.${column}`}`;
    places.set(reason, [...(places.get(reason) ?? []), place]);
  }
  return [...places].map(([reason, names]) => {
    const more = names.length > most ? ` and ${names.length - most} more` : '';
    return `${reason}: ${names.slice(0, most).join(', ')}${more}`;
  });
}
