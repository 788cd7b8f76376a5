import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { type OwnServer, startOwnServer } from '../support/server/own-server.ts';
import { withClient } from '../support/server/with-client.ts';
import { enterKeys, insertNamed, namedField, REGISTRY_SQL } from '../support/table/registry.ts';
import { newKeys } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const keys = newKeys();
let own: OwnServer;
let url: URL;

beforeAll(async () => {
  // Nothing but the status is to be at work.
  own = await startOwnServer(['autovacuum=off', 'password_encryption=scram-sha-256']);
  const database = own.connect();
  await database.pool.query(REGISTRY_SQL);
  await enterKeys(database, keys.old, keys.new);
  await insertNamed(database, keys.old, 5);
  await insertNamed(database, keys.new, 2);
  url = new URL(own.url);
  url.username = 'watcher';
  await database.pool.query(`
    CREATE ROLE watcher LOGIN PASSWORD '${url.password}';
    ALTER ROLE watcher SET default_transaction_read_only = on;
    REVOKE EXECUTE ON FUNCTION pg_logical_emit_message(boolean, text, text, boolean) FROM PUBLIC;
    GRANT SELECT ON user_api_keys, encryption_keys TO watcher`);
});

afterAll(() => own.stop());

const status = (...args: string[]) =>
  runHere(['status', ...args], { ENCRYPTION_KEYS: `${keys.new} ${keys.old}`, DATABASE_URL: url.href }, false, [namedField]);

/** The next transaction that writes gets this number. */
async function nextTransaction(): Promise<unknown> {
  return withClient(
    own.url,
    async (client) => (await client.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid')).rows,
  );
}

describe('a role that may only read', () => {
  it.each([[[]], [['--fast']]])('can ask for the status, which begins no transaction that writes: %j', async (args) => {
    const before = await nextTransaction();
    const { code, stdout, stderr } = await status(...args);
    expect(code, stderr).toBe(7);
    expect(stdout).toContain(`second    ${fingerprintOf(keys.old)}`);
    expect(stdout).toContain('registered ');
    expect(await nextTransaction()).toEqual(before);
  });

  it('gets the counts alone if it may not read the registry, and is told what to grant', async () => {
    await withClient(own.url, (client) => client.query('REVOKE SELECT ON encryption_keys FROM watcher'));
    const { code, stdout, stderr } = await status('--max-age', '1d');
    expect(code).toBe(7);
    expect(stdout).toMatch(/first {5}[0-9a-f]{16} \(text\): 2 rows\n {2}second {4}[0-9a-f]{16} \(text\): 5 rows\n {2}rotation/u);
    expect(stdout).toContain('the age of the first key is unknown: there is no registry that can be read');
    const grant =
      /warning: user watcher may not read public.encryption_keys, so it is not used as the registry of keys: (GRANT .*)$/mu.exec(
        stderr,
      )?.[1];
    expect(grant).toBe('GRANT SELECT ON "public"."encryption_keys" TO "watcher"');
    await withClient(own.url, (client) => client.query(`${grant}`));
    expect((await status('--max-age', '1d')).stderr).not.toContain('may not read');
  });
});
