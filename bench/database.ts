import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { CREATE_TABLES, decrypt, encrypt, insertKeys, newKey, providerKey } from '../test/support/application/application.ts';
import { startEmbeddedPostgres } from '../test/support/server/embedded-postgres.ts';
import { withClient } from '../test/support/server/with-client.ts';

/**
 * A database of its own with the table user_api_keys, which `reset` fills with values of a real size, encrypted with the old key.
 */
export interface Table {
  readonly rows: number;
  /** The tables that hold them: the second half may be in a second one. */
  readonly names: readonly string[];
  /** The database and the keys, as the measured processes read them. */
  readonly env: Readonly<Record<'DATABASE_URL' | 'OLD_ENCRYPTION_KEY' | 'NEW_ENCRYPTION_KEY', string>>;
  readonly client: Client;
}

/** The schema of processes/two-tables.ts has both. */
const [FIRST, SECOND] = ['user_api_keys', 'archived_api_keys'];
const INSERT_ROWS = 20_000;
const SAMPLE_ROWS = 100;

/** @param settings - of the embedded server, such as `fsync=on`; all others are PostgreSQL's own */
export async function withEmbeddedServer<T>(settings: readonly string[], work: (url: string) => Promise<T>): Promise<T> {
  const server = await startEmbeddedPostgres(settings);
  try {
    return await work(`${server.url}postgres`);
  } finally {
    await server.stop();
  }
}

/** Runs `work` with a table of `rows` rows, or with two that hold half of them each, and drops their database afterwards. */
export async function withTable<T>(serverUrl: string, rows: number, work: (table: Table) => Promise<T>, tables = 1): Promise<T> {
  const name = `rotate_key_bench_${rows}_${randomBytes(4).toString('hex')}`;
  const { href } = Object.assign(new URL(serverUrl), { pathname: name });
  const env = { DATABASE_URL: href, OLD_ENCRYPTION_KEY: newKey(), NEW_ENCRYPTION_KEY: newKey() };
  await withClient(serverUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  try {
    return await withClient(href, async (client) => {
      const table = { rows, names: [FIRST, SECOND].slice(0, tables), env, client };
      await fill(table);
      return await work(table);
    });
  } finally {
    await withClient(serverUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}

/** Fills the copies from which `reset` fills the tables. They have no indexes, so that ten million rows take minutes. */
async function fill({ rows, names, env, client }: Table): Promise<void> {
  await client.query(CREATE_TABLES);
  await client.query(`CREATE TABLE ${SECOND} (LIKE ${FIRST} INCLUDING ALL)`);
  // In a schema of its own: the tool stops at another table of the same schema that holds values under its keys.
  await client.query('CREATE SCHEMA original; CREATE TABLE original.users (LIKE users INCLUDING DEFAULTS)');
  const share = rows / names.length;
  for (const name of names) {
    // Autovacuum would run during some measurements and not during others.
    await client.query(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
    await client.query(`CREATE TABLE original.${FIRST} (LIKE ${FIRST} INCLUDING DEFAULTS); SET search_path = original`);
    for (let done = 0; done < share; done += INSERT_ROWS) {
      const length = Math.min(INSERT_ROWS, share - done);
      const values = Array.from({ length }, () => encrypt(env.OLD_ENCRYPTION_KEY, providerKey()));
      await insertKeys(client, values);
    }
    await client.query(`RESET search_path; ALTER TABLE original.${FIRST} RENAME TO rows_of_${name}`);
  }
  await client.query('INSERT INTO users SELECT * FROM original.users; DROP TABLE original.users');
}

/**
 * Puts the table back to what it was after filling, so that every measurement starts from the same state. Rotating back and forth
 * instead would favour the second run: it would find the rows in the order of their random ids, and the free space of the first.
 * VACUUM sets the hint bits that the first reader would otherwise write. After CHECKPOINT the first change of every page is logged
 * as a whole page, for every contestant alike.
 */
export async function reset({ names, client }: Table): Promise<void> {
  for (const name of names) {
    await client.query(`TRUNCATE ${name}`);
    await client.query(`INSERT INTO ${name} SELECT * FROM original.rows_of_${name}`);
    await client.query(`VACUUM (FREEZE, ANALYZE) ${name}`);
  }
  // Requires the role pg_checkpoint, which the user of BENCH_DATABASE_URL may not have.
  await client.query('CHECKPOINT').catch(() => {});
}

/** @throws Error if the new key does not decrypt every row of a sample */
export async function expectRotated({ names, client, env }: Table): Promise<void> {
  for (const name of names) {
    const { rows } = await client.query(`SELECT iv, content, tag FROM ${name} ORDER BY random() LIMIT ${SAMPLE_ROWS}`);
    if (rows.some((row) => decrypt(env.NEW_ENCRYPTION_KEY, row) === null))
      throw new Error(`the new key does not decrypt every row of ${name}`);
  }
}
