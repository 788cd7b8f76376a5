import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encrypt, insertKeys, providerKey } from '../support/application/application.ts';
import { type OwnServer, startOwnServer } from '../support/server/own-server.ts';
import type { TestDatabase } from '../support/table/database.ts';
import { somebodyWaits } from '../support/table/row-lock.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const keys = newKeys();
const ROWS = 5;
let server: OwnServer;
let database: TestDatabase;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startOwnServer(['max_prepared_transactions=10']);
  database = server.connect();
  env = environment(keys, database.url);
});

afterEach(async () => {
  const { rows } = await database.pool.query('SELECT gid FROM pg_prepared_xacts');
  for (const { gid } of rows) await database.pool.query(`ROLLBACK PREPARED '${gid}'`);
});

afterAll(() => server.stop());

/** A transaction of the application's that has inserted a row under the old key, and not ended. */
async function whileWriting<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(database.url);
  await client.connect();
  await client.query('BEGIN');
  await insertKeys(client, [encrypt(keys.old, secret(providerKey()))]);
  return work(client).finally(() => client.end());
}

const counts = () => countBySequentialScan(database.url, 'user_api_keys', keys);

describe('a transaction that has written and is still open', () => {
  it.each([['open'], ['prepared']])('(%s) is not missed: exit 6, it is named, and the old key must be kept', async (how) => {
    await plant(database, keys, ROWS);
    await whileWriting(async (client) => {
      if (how === 'prepared') await client.query("PREPARE TRANSACTION 'forgotten'");
      for (const args of [[], [], ['verify']]) {
        const { code, stdout } = await runHere(args, env);
        expect(code, stdout).toBe(6);
        expect(stdout).toContain('keep the old key');
        expect(stdout).not.toContain('retire');
        expect(stdout).toMatch(
          how === 'open' ? /open: pid \d+ of role .* SELECT pg_terminate_backend\(\d+\)/u : /ROLLBACK PREPARED 'forgotten'/u,
        );
      }
      await client.query(how === 'prepared' ? "COMMIT PREPARED 'forgotten'" : 'COMMIT');
    });
    expect(await counts()).toEqual({ old: 1, new: ROWS, neither: 0 });
    expect((await runHere([], env)).code).toBe(0);
    expect(await counts()).toEqual({ old: 0, new: ROWS + 1, neither: 0 });
  });

  it('that ends while the run waits is noticed', async () => {
    await plant(database, keys, ROWS);
    await whileWriting(async (client) => {
      const run = runHere([], env);
      await client.query('COMMIT');
      expect((await run).code).toBe(0);
    });
    expect(await counts()).toEqual({ old: 0, new: ROWS + 1, neither: 0 });
  });

  it('that has only read is not waited for', async () => {
    await plant(database, keys, ROWS);
    const client = new Client(database.url);
    await client.connect();
    await client.query('BEGIN; SELECT FROM user_api_keys FOR UPDATE SKIP LOCKED LIMIT 0');
    expect((await runHere([], env)).code).toBe(0);
    await client.end();
  });

  it('and that holds the lock on the writes does not keep a run waiting forever', async () => {
    await plant(database, keys, ROWS);
    const client = new Client(database.url);
    await client.connect();
    await client.query(
      "BEGIN; SELECT pg_advisory_xact_lock_shared(1257935204, 'user_api_keys'::regclass::oid::int); PREPARE TRANSACTION 'w'",
    );
    const { code, stderr } = await runHere(['verify'], env);
    await client.query("ROLLBACK PREPARED 'w'");
    await client.end();
    expect(code).toBe(5);
    expect(stderr).toContain('the prepared transaction w');
    expect(stderr).toContain("ROLLBACK PREPARED 'w'");
  });
});

describe('a table that is not the same at the end', () => {
  it('by a partition that was detached: exit 6, and after it is attached again the same command finishes', async () => {
    await database.pool.query(`
      CREATE SCHEMA parted;
      CREATE TABLE parted.user_api_keys (id text PRIMARY KEY, iv text, content text, tag text) PARTITION BY RANGE (id);
      CREATE TABLE parted.low PARTITION OF parted.user_api_keys FOR VALUES FROM (MINVALUE) TO ('m');
      CREATE TABLE parted.high PARTITION OF parted.user_api_keys FOR VALUES FROM ('m') TO (MAXVALUE);
      CREATE FUNCTION parted.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
      CREATE TRIGGER on_low AFTER UPDATE ON parted.low FOR EACH ROW EXECUTE FUNCTION parted.nothing()`);
    for (const id of ['a', 'b', 'c', 'd', 'x', 'z']) {
      const { iv, content, tag } = encrypt(keys.old, secret(providerKey()));
      await database.pool.query('INSERT INTO parted.user_api_keys VALUES ($1, $2, $3, $4)', [id, iv, content, tag]);
    }
    const holder = new Client(database.url);
    await holder.connect();
    await holder.query("BEGIN; SELECT FROM parted.user_api_keys WHERE id = 'x' FOR UPDATE");
    const run = runHere([], { ...env, DATABASE_URL: `${database.url}?schema=parted` });
    await somebodyWaits(database);
    // It waits for the lock that the waiting write has on the table, and gets it as soon as that write is done.
    const detached = database.pool.query('ALTER TABLE parted.user_api_keys DETACH PARTITION parted.high');
    await holder.query(`
      DO $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'parted.user_api_keys'::regclass AND NOT granted) LOOP
          PERFORM pg_sleep(0.005);
        END LOOP;
      END $$; COMMIT`);
    await detached;
    await holder.end();
    const { code, stdout, stderr } = await run;
    expect(stderr).toContain('trigger on_low');
    expect(code, stdout).toBe(6);
    expect(stdout).toContain('partitions or child tables');
    expect(stdout).not.toContain('retire the old key');
    await database.pool.query(
      "ALTER TABLE parted.user_api_keys ATTACH PARTITION parted.high FOR VALUES FROM ('m') TO (MAXVALUE)",
    );
    expect((await runHere([], { ...env, DATABASE_URL: `${database.url}?schema=parted` })).code).toBe(0);
    expect(await countBySequentialScan(database.url, 'parted.user_api_keys', keys)).toEqual({ old: 0, new: 6, neither: 0 });
  });

  it('by a trigger that keeps putting old values back after the run has passed: it ends with 6', async () => {
    await plant(database, keys, 50);
    await database.pool.query(`
      CREATE FUNCTION insert_user() RETURNS uuid LANGUAGE sql AS
        $$ INSERT INTO users (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id $$;
      CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO user_api_keys (id, user_id, provider, iv, content, tag)
        VALUES (gen_random_uuid(), insert_user(), 'kept', old.iv, old.content, old.tag);
        RETURN new; END $$;
      CREATE TRIGGER keep_old AFTER UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION keep_old()`);
    try {
      const { code, stdout } = await runHere(['--batch-size', '500'], env);
      expect(code, stdout).toBe(6);
      expect((await counts()).old).toBeGreaterThan(0);
    } finally {
      await database.pool.query('DROP FUNCTION keep_old() CASCADE');
    }
  });
});
