import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject } from 'vitest';
import { type ApplicationRow, decrypt, encrypt, insertKeys, providerKey } from '../application/application.ts';
import { withClient } from '../server/with-client.ts';
import { secret } from '../tool/known-secrets.ts';

/** A database of this test file's own, with the application's tables, emptied before each test. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
}

/** Every column of user_api_keys as text: what must not change shows in a comparison. */
export type FullRow = Readonly<Record<string, string | null>> & ApplicationRow;

export function useDatabase(): TestDatabase {
  const { url: server, template } = inject('postgres');
  const name = template.replace(/_template$/u, `_${randomBytes(6).toString('hex')}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  // A password such as `postgres` would be found in every output.
  if (url.password.length >= 12) secret(url.password);
  const pool = new Pool({ connectionString: url.href, max: 4 });
  // Dropping the database ends idle connections of the pool.
  pool.on('error', () => {});

  beforeAll(() => withClient(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)));
  beforeEach(() => pool.query('TRUNCATE users CASCADE'));
  afterAll(async () => {
    await pool.end();
    await withClient(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  });
  return { url: url.href, pool };
}

/** Inserts rows with plaintexts of their own. @returns the plaintexts by id, in hex */
export async function fillTable({ pool }: TestDatabase, key: string, rows: number): Promise<Map<string, string>> {
  const plaintexts = Array.from({ length: rows }, () => secret(providerKey()));
  const ids = await insertKeys(
    pool,
    plaintexts.map((plaintext) => encrypt(key, plaintext)),
  );
  return new Map(ids.map((id, index) => [id, Buffer.from(plaintexts[index] ?? '').toString('hex')]));
}

/** @returns every row, every column as text, in the order of the ids */
export async function readTable({ pool }: TestDatabase): Promise<FullRow[]> {
  const { rows } = await pool.query(
    `SELECT id::text, user_id::text, provider, iv, content, tag, is_active::text, created_at::text, updated_at::text, last_used_at::text
       FROM user_api_keys ORDER BY id`,
  );
  return rows;
}

/** Opens every row with plain node:crypto: under `key` it must give the plaintext that was inserted. */
export function expectAllUnder(key: string, rows: readonly ApplicationRow[], plaintexts: ReadonlyMap<string, string>): void {
  expect(new Map(rows.map((row) => [row.id, decrypt(key, row)?.toString('hex')]))).toEqual(plaintexts);
}

/** The columns that a rotation never changes. */
export function otherColumns(rows: readonly FullRow[]): object[] {
  return rows.map(({ iv: _iv, content: _content, tag: _tag, ...others }) => others);
}
