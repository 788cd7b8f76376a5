import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import {
  type ApplicationRow,
  CREATE_TABLES,
  decrypt,
  encrypt,
  insertKeys,
  newKey,
  providerKey,
} from '../test/support/application.ts';
import { type Server, withClient } from './server.ts';

/** A database of its own with one application's tables, full of keys of a real size, encrypted under the old key. */
export interface Dataset {
  readonly rows: number;
  /** What the tool and its rivals need to know. Keys that exist only for this bench. */
  readonly env: Readonly<Record<'DATABASE_URL' | 'OLD_ENCRYPTION_KEY' | 'NEW_ENCRYPTION_KEY', string>>;
  readonly client: Client;
  /** Puts the tables back to what they were after filling. */
  reset(): Promise<void>;
  /** @throws Error where a sample of the rows is not under the new key */
  expectRotated(): Promise<void>;
}

const INSERT_ROWS = 5000;
const SAMPLE_ROWS = 100;

/**
 * Runs `work` with a database of `rows` rows, which is dropped afterwards, whatever happens.
 *
 * @param signal - ends it early
 */
export async function withDataset<T>(
  server: Server,
  rows: number,
  signal: AbortSignal,
  work: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const name = `rotate_key_bench_${rows}_${randomBytes(4).toString('hex')}`;
  const admin = (sql: string) => withClient(server.maintenanceUrl, null, (client) => client.query(sql));
  await admin(`CREATE DATABASE ${name}`);
  try {
    const DATABASE_URL = server.urlOf(name);
    return await withClient(DATABASE_URL, signal, async (client) => {
      const env = { DATABASE_URL, OLD_ENCRYPTION_KEY: newKey(), NEW_ENCRYPTION_KEY: newKey() };
      await fill(client, rows, env.OLD_ENCRYPTION_KEY);
      return await work({
        rows,
        env,
        client,
        reset: () => reset(client),
        expectRotated: () => expectRotated(client, env.NEW_ENCRYPTION_KEY),
      });
    });
  } finally {
    await admin(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

async function fill(client: Client, rows: number, key: string): Promise<void> {
  await client.query(CREATE_TABLES);
  let inserting: Promise<unknown> = Promise.resolve();
  for (let done = 0; done < rows; done += INSERT_ROWS) {
    // Encrypted while the server inserts the ones before.
    const values = Array.from({ length: Math.min(INSERT_ROWS, rows - done) }, () => encrypt(key, providerKey()));
    await inserting;
    inserting = insertKeys(client, values);
    inserting.catch(() => {});
  }
  await inserting;
  await client.query('CREATE TABLE original AS TABLE user_api_keys');
  // Autovacuum would come in the middle of some measurements and not of others.
  await client.query('ALTER TABLE user_api_keys SET (autovacuum_enabled = false)');
}

/**
 * Every measurement begins with the same table, written anew. Rotating forth and back instead would favour whoever comes
 * second: a run in id order leaves the rows behind in id order, where those of a real table with random ids are not, and
 * dead rows that the next run finds, or free space that it fills.
 * VACUUM sets the hint bits that the first reader would otherwise write; after CHECKPOINT the first change of every page
 * goes to the log as a whole page, for all alike.
 */
async function reset(client: Client): Promise<void> {
  await client.query('TRUNCATE user_api_keys');
  await client.query('INSERT INTO user_api_keys SELECT * FROM original');
  await client.query('VACUUM (FREEZE, ANALYZE) user_api_keys');
  await client.query('CHECKPOINT').catch(() => {
    // Takes the role pg_checkpoint, which a database of BENCH_DATABASE_URL may not give.
  });
}

async function expectRotated(client: Client, key: string): Promise<void> {
  const sample = `SELECT id, iv, content, tag FROM user_api_keys ORDER BY random() LIMIT ${SAMPLE_ROWS}`;
  const { rows } = await client.query<ApplicationRow>(sample);
  if (!rows.every((row) => decrypt(key, row) !== null)) throw new Error('not every row is under the new key');
}
