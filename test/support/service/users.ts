// What the service keeps for its users, written and read by plain SQL and plain node:crypto.
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { decrypt, type Encrypted, encrypt } from '../application/application.ts';
import { fingerprintOf } from '../keys/fingerprint.ts';
import type { TestDatabase } from '../table/database.ts';
import type { User } from './client.ts';
import { newPlaintext } from './traffic.ts';

const KEYS_OF_A_USER = 5;

/** Empties the tables, and makes so many users, each with keys of several providers. */
export async function plantUsers({ pool }: TestDatabase, keyHex: string, count: number): Promise<readonly User[]> {
  await pool.query('TRUNCATE users CASCADE');
  const users = Array.from({ length: count }, (): User => {
    const keys = new Map(Array.from({ length: KEYS_OF_A_USER }, () => [randomUUID(), newPlaintext()]));
    return { id: randomUUID(), keys };
  });
  await pool.query(`INSERT INTO users (id, email) SELECT id, id || '@example.com' FROM unnest($1::uuid[]) AS id`, [
    users.map(({ id }) => id),
  ]);
  const rows = users.flatMap((user) =>
    [...user.keys].map(([id, plaintext]) => ({
      id,
      user_id: user.id,
      provider: id.slice(0, 20),
      ...encrypt(keyHex, plaintext, 12),
    })),
  );
  await pool.query(
    `INSERT INTO user_api_keys (id, user_id, provider, iv, content, tag, key_id)
     SELECT id, user_id, provider, iv, content, tag, $2 FROM json_populate_recordset(NULL::user_api_keys, $1)`,
    [JSON.stringify(rows), fingerprintOf(keyHex)],
  );
  return users;
}

/** Fails unless the table holds what was acknowledged and nothing else, each value under the key, and with its name. */
export async function expectKept({ pool }: TestDatabase, keyHex: string, users: readonly User[]): Promise<void> {
  const { rows } = await pool.query<Encrypted & { id: string; user_id: string; key_id: string }>(
    'SELECT id, user_id, iv, content, tag, key_id FROM user_api_keys ORDER BY id',
  );
  const found = rows.map((row) => [row.id, row.user_id, row.key_id, decrypt(keyHex, row)?.toString()]);
  const kept = users.flatMap((user) => [...user.keys].map(([id, plaintext]) => [id, user.id, fingerprintOf(keyHex), plaintext]));
  expect(found.length).toBe(kept.length);
  expect(found).toEqual(kept.sort(([one = ''], [other = '']) => (one < other ? -1 : 1)));
}

/** @returns how many values are under a key, opened one by one with plain node:crypto, whatever key_id says */
export async function countUnder({ pool }: TestDatabase, keyHex: string): Promise<number> {
  const { rows } = await pool.query<Encrypted>('SELECT iv, content, tag FROM user_api_keys');
  return rows.filter((row) => decrypt(keyHex, row) !== null).length;
}
