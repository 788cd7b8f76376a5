import { expect } from 'vitest';
import { decrypt, encrypt, insertKeys, newKey, providerKey } from '../application/application.ts';
import { secret } from '../tool/known-secrets.ts';
import { type FullRow, otherColumns, readTable, type TestDatabase } from './database.ts';

export interface Keys {
  readonly old: string;
  readonly new: string;
}

/** A table under test: what was put into it, and every column as it was. */
export interface Planted {
  readonly plaintexts: ReadonlyMap<string, string>;
  readonly before: readonly FullRow[];
}

/** The rows of a table that is intact, each under exactly one key. */
export type Whereabouts = ReadonlyMap<string, keyof Keys>;

export function newKeys(): Keys {
  return { old: secret(newKey()), new: secret(newKey()) };
}

export function environment(keys: Keys, url: string): Record<string, string> {
  return { OLD_ENCRYPTION_KEY: keys.old, NEW_ENCRYPTION_KEY: keys.new, DATABASE_URL: url };
}

/** Kept and used again: what is searched for in each run's output must not grow with the number of runs. */
const stock: string[] = [];

/** Empties the table and fills it with rows under the old key. */
export async function plant(database: TestDatabase, keys: Keys, rows: number): Promise<Planted> {
  while (stock.length < rows) stock.push(secret(providerKey()));
  const plaintexts = stock.slice(0, rows);
  await database.pool.query('TRUNCATE users CASCADE');
  const ids = await insertKeys(
    database.pool,
    plaintexts.map((plaintext) => encrypt(keys.old, plaintext)),
  );
  return { plaintexts: new Map(ids.map((id, index) => [id, plaintexts[index] ?? ''])), before: await readTable(database) };
}

/**
 * Opens every row with plain node:crypto. Fails unless each row that was planted is there, opens under exactly one of the two
 * keys, gives the plaintext that was inserted, and has every other column as it was, byte for byte.
 */
export async function expectIntact(database: TestDatabase, keys: Keys, planted: Planted): Promise<Whereabouts> {
  const rows = await readTable(database);
  expect(otherColumns(rows)).toEqual(otherColumns(planted.before));
  const whereabouts = new Map<string, keyof Keys>();
  const wrong: string[] = [];
  for (const row of rows) {
    const opened = { old: decrypt(keys.old, row)?.toString(), new: decrypt(keys.new, row)?.toString() };
    const under: keyof Keys = opened.new === undefined ? 'old' : 'new';
    const both = opened.old !== undefined && opened.new !== undefined;
    if (both || opened[under] !== planted.plaintexts.get(row.id)) wrong.push(row.id);
    whereabouts.set(row.id, under);
  }
  expect(wrong, 'rows lost, or under neither key, or under both').toEqual([]);
  return whereabouts;
}

/** How many of the rows are under a key. */
export function count(whereabouts: Whereabouts, key: keyof Keys): number {
  return [...whereabouts.values()].filter((under) => under === key).length;
}

/** The first number of the lock that a run holds. */
export const RUN_LOCK = 0x7713c2da;

/** Resolves once the server knows that no rotation runs in the database any more: a connection that was cut may take a moment. */
export async function lockIsFree({ pool }: TestDatabase): Promise<void> {
  await pool.query(`
    DO $$ BEGIN
      WHILE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = ${RUN_LOCK}
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) LOOP
        PERFORM pg_sleep(0.005);
      END LOOP;
    END $$`);
}
