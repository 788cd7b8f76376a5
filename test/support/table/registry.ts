import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach } from 'vitest';
import type { EncryptedField } from '../../../src/database/encrypted-field.ts';
import { encrypt, insertKeys, providerKey } from '../application/application.ts';
import { fingerprintOf } from '../keys/fingerprint.ts';
import { secret } from '../tool/known-secrets.ts';
import { type TestDatabase, useDatabase } from './database.ts';
import { defaultField } from './default-field.ts';

/** What an application applies as a migration. */
export const REGISTRY_SQL = readFileSync(
  path.join(import.meta.dirname, '..', '..', '..', 'prisma', 'encryption-keys.sql'),
  'utf8',
);

/** The field of the schema that ships, with the column of the key id: `keyId String? @map("key_id") /// @encrypted {keyId}`. */
export const namedField: EncryptedField = {
  ...defaultField,
  columns: [...defaultField.columns, { field: 'keyId', column: 'key_id' }],
  layout: { ...defaultField.layout, columns: [...defaultField.layout.columns, { kind: 'key-id', column: 'keyId' }] },
};

/** A database with the registry, which each test finds empty. */
export function useRegistry(): TestDatabase {
  const database = useDatabase();
  beforeAll(() => database.pool.query(REGISTRY_SQL));
  beforeEach(() =>
    database.pool.query(
      'TRUNCATE users CASCADE; DELETE FROM encryption_keys; ALTER TABLE user_api_keys ALTER COLUMN key_id DROP NOT NULL',
    ),
  );
  return database;
}

/** Enters keys as an application could do it by hand, given in hex. */
export async function enterKeys({ pool }: TestDatabase, ...keys: readonly string[]): Promise<void> {
  await pool.query("INSERT INTO encryption_keys (fingerprint, source) SELECT unnest($1::text[]), 'text'", [
    keys.map(fingerprintOf),
  ]);
}

/**
 * Inserts rows under a key.
 *
 * @param keyId - what they name; the fingerprint of their key unless it is given
 * @returns their ids
 */
export async function insertNamed(
  { pool }: TestDatabase,
  key: string,
  rows: number,
  keyId: string | null = fingerprintOf(key),
): Promise<string[]> {
  const ids = await insertKeys(
    pool,
    Array.from({ length: rows }, () => encrypt(key, secret(providerKey()))),
  );
  await pool.query('UPDATE user_api_keys SET key_id = $2 WHERE id = ANY ($1::uuid[])', [ids, keyId]);
  return ids;
}

/** What the registry says of a key: its columns by name, and times as Date. */
export async function entryOf({ pool }: TestDatabase, key: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await pool.query('SELECT * FROM encryption_keys WHERE fingerprint = $1', [fingerprintOf(key)]);
  return rows[0];
}

/** How many rows name each key. */
export async function keyIds({ pool }: TestDatabase): Promise<Record<string, number>> {
  const { rows } = await pool.query("SELECT COALESCE(key_id, 'none') AS id, count(*)::int AS rows FROM user_api_keys GROUP BY 1");
  return Object.fromEntries(rows.map(({ id, rows: count }) => [id, count]));
}

/** Moves what the registry recorded of a key into the past, as if the time had gone by. */
export async function age({ pool }: TestDatabase, key: string, interval: string): Promise<void> {
  await pool.query(
    `UPDATE encryption_keys SET created_at = created_at - $2::interval, activated_at = activated_at - $2::interval,
            last_verified_at = last_verified_at - $2::interval, unused_since = unused_since - $2::interval
      WHERE fingerprint = $1`,
    [fingerprintOf(key), interval],
  );
}
