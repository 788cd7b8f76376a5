import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { encrypt, insertKeys, newKey, providerKey } from '../support/application/application.ts';
import { type PgBouncer, pgBouncerBinary, startPgBouncer } from '../support/server/pgbouncer.ts';
import { withClient } from '../support/server/with-client.ts';
import { useDatabase } from '../support/table/database.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys, plant } from '../support/table/witness.ts';
import { runWithInterjection } from '../support/tool/interjection.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 40;
const database = useDatabase();
const keys = newKeys();
let bouncer: PgBouncer;
let env: Record<string, string>;

beforeAll(async () => {
  if (pgBouncerBinary === null) return;
  bouncer = await startPgBouncer(pgBouncerBinary, inject('postgres').url, 5);
  env = environment(keys, bouncer.through(database.url));
});

afterAll(() => bouncer?.stop());

const counts = () => countBySequentialScan(database.url, 'user_api_keys', keys);

const interject = (args: readonly string[], statement: string) =>
  runWithInterjection(database, { keys, rows: ROWS, args, env }, statement);

describe.skipIf(pgBouncerBinary === null)('behind PgBouncer in transaction mode', () => {
  it('a table that is emptied during the run is not called done', async () => {
    const { code, stdout } = await interject([], 'DELETE FROM user_api_keys');
    expect(code, stdout).toBe(6);
    expect(stdout).not.toContain('retire');
  });

  it('rows that become unreadable during the run are not excused', async () => {
    const { iv, content, tag } = encrypt(newKey(), 'under a key that nobody has');
    const first = 'SELECT id FROM user_api_keys ORDER BY id LIMIT 3';
    const ruin = `UPDATE user_api_keys SET iv = '${iv}', content = '${content}', tag = '${tag}' WHERE id IN (${first})`;
    const { code, stdout } = await interject(['--skip-unreadable'], ruin);
    expect(code, stdout).toBe(6);
    expect(await counts()).toEqual({ old: 0, new: ROWS - 3, neither: 3 });
  });

  it('a transaction that has written and is still open is not missed', async () => {
    await plant(database, keys, ROWS);
    await withClient(database.url, async (client) => {
      await client.query('BEGIN');
      await insertKeys(client, [encrypt(keys.old, secret(providerKey()))]);
      for (const args of [[], ['verify']]) expect((await runHere(args, env)).code).toBe(6);
      await client.query('COMMIT');
    });
    expect((await counts()).old).toBe(1);
    expect((await runHere(['--batch-size', '500'], env)).code).toBe(0);
    expect(await counts()).toEqual({ old: 0, new: ROWS + 1, neither: 0 });
  });

  it('rows that a damaged index hides are found, and the index is blamed', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await plant(database, keys, ROWS);
    await database.pool.query(`
      ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_pkey;
      CREATE UNIQUE INDEX broken ON user_api_keys (id) WHERE id > '80000000-0000-0000-0000-000000000000';
      UPDATE pg_index SET indpred = NULL WHERE indexrelid = 'broken'::regclass;
      ALTER DATABASE ${name} SET enable_seqscan = off`);
    // Connections that PgBouncer has open to the server know the old setting.
    await bouncer.kill();
    await bouncer.start();
    const { code, stdout } = await runHere([], env);
    const { old } = await counts();
    expect(old).toBeGreaterThan(0);
    expect(code, stdout).toBe(6);
    expect(stdout).toContain(`${old} of ${ROWS} rows are still under the old key and cannot be found by id`);
    expect((await runHere(['verify'], env)).code).toBe(6);
    await database.pool.query(`ALTER DATABASE ${name} RESET enable_seqscan; REINDEX INDEX broken`);
    expect((await runHere([], env)).code).toBe(0);
    expect(await counts()).toEqual({ old: 0, new: ROWS, neither: 0 });
  });
});
