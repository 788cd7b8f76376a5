import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { type OwnServer, startOwnServer } from '../support/server/own-server.ts';
import { endWaits, requireStandby } from '../support/server/require-standby.ts';
import { enterKeys, entryOf, insertNamed, namedField, REGISTRY_SQL } from '../support/table/registry.ts';
import { newKeys } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const keys = newKeys();
const OLD = fingerprintOf(keys.old);
let own: OwnServer;

beforeAll(async () => {
  // The tests themselves do not wait for a standby; the tool, in its database, does.
  own = await startOwnServer(['synchronous_commit=local']);
  const database = own.connect();
  await database.pool.query(`ALTER DATABASE application SET synchronous_commit = on; ${REGISTRY_SQL}`);
  await enterKeys(database, keys.old, keys.new);
  await insertNamed(database, keys.new, 3);
  await database.pool.query(`
    ALTER TABLE user_api_keys ALTER COLUMN key_id SET NOT NULL;
    CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON encryption_keys DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL) EXECUTE FUNCTION wait_at_commit()`);
});

afterEach(() => requireStandby(own.connect(), ''));
afterAll(() => own.stop());

const retire = (timeoutMs = 60_000) =>
  runHere(
    ['retire', OLD, '--no-escrow'],
    { ENCRYPTION_KEYS: keys.new, DATABASE_URL: own.url, DATABASE_STATEMENT_TIMEOUT_MS: String(timeoutMs) },
    false,
    [namedField],
  );

const HOLD = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted";

/** Holds a retirement at its commit. */
async function retireUntilCommit(timeoutMs?: number) {
  const { pool } = own.connect();
  await pool.query("UPDATE encryption_keys SET retired_at = NULL, unused_since = now() - interval '2 days'");
  const holder = await pool.connect();
  await holder.query('SELECT pg_advisory_lock(42)');
  const running = retire(timeoutMs);
  while ((await pool.query(HOLD)).rowCount === 0);
  const letGo = async () => {
    await holder.query('SELECT pg_advisory_unlock(42)');
    holder.release();
  };
  return { running, pool, letGo };
}

/** Lets a retirement come to its commit, which from then on has to wait for a standby that is not there. */
async function retireWithoutStandby(timeoutMs?: number): Promise<{ readonly running: ReturnType<typeof retire> }> {
  const { running, letGo } = await retireUntilCommit(timeoutMs);
  await requireStandby(own.connect(), 'nobody');
  await letGo();
  return { running };
}

describe('a retirement whose commit waits for a standby that is not there', () => {
  it.each([
    ['cancels the waiting, after which PostgreSQL calls the commit a success', 'pg_cancel_backend'],
    ['ends the connection, after which the registry says that the key is retired', 'pg_terminate_backend'],
  ])('is not taken for done if somebody %s', async (_, how) => {
    const { running } = await retireWithoutStandby();
    const ended = await endWaits(own.connect(), running, how);
    expect(ended).toBeGreaterThan(0);
    const run = await running;
    expect(run.code, run.stdout).toBe(4);
    expect((await entryOf(own.connect(), keys.old))?.['retired_at']).not.toBeNull();
    expect(run.stdout).toContain(
      'the key is retired, but until that is confirmed a crash of the server, or a standby that takes its place, may undo it: keep the key\n',
    );

    await requireStandby(own.connect(), '');
    const again = await retire();
    expect(again.code, again.stdout).toBe(0);
    expect(again.stdout).toContain(`key ${OLD} was retired on`);
  });

  it('is not called refused while the server has not answered: it is carried out once the standby is there', async () => {
    const { running } = await retireWithoutStandby(3000);
    const run = await running;
    expect(run.code, run.stdout).toBe(4);
    expect(run.stdout).toContain(
      'whether the key is retired is not known: the server did not answer the commit, and may still carry it out; keep the key\n',
    );
    expect((await entryOf(own.connect(), keys.old))?.['retired_at']).toBeNull();
    await requireStandby(own.connect(), '');
    const { pool } = own.connect();
    while ((await pool.query("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).rowCount !== 0);
    expect((await entryOf(own.connect(), keys.old))?.['retired_at']).not.toBeNull();
  });
});

describe('a key whose entry waits for a standby that is not there', () => {
  it('is not called registered if somebody cancels the waiting', async () => {
    const fresh = secret(newKey());
    await requireStandby(own.connect(), 'nobody');
    const register = () => runHere(['register'], { ENCRYPTION_KEYS: `${keys.new} ${fresh}`, DATABASE_URL: own.url });
    // The second finds the entry of the first.
    for (const run of [register, register]) {
      const ending = run();
      expect(await endWaits(own.connect(), ending)).toBeGreaterThan(0);
      const { code, stderr } = await ending;
      expect(code).toBe(4);
      expect(stderr).toContain(
        'did not confirm that all writes so far are on its disk, and on the standbys that commits wait for',
      );
      expect(stderr).not.toMatch(/is now in|was already in/u);
    }
    await requireStandby(own.connect(), '');
    expect((await register()).stderr).toContain('was already in');
  });
});

describe('two retirements of a key at once', () => {
  it('are one: the other says that the key was retired', async () => {
    const { running, pool, letGo } = await retireUntilCommit();
    const second = retire();
    const behind = "SELECT FROM pg_locks WHERE locktype IN ('tuple', 'transactionid') AND NOT granted";
    while ((await pool.query(behind)).rowCount === 0);
    await letGo();
    const [one, other] = [await running, await second];
    expect([one.code, other.code], other.stdout).toEqual([0, 0]);
    expect(one.stdout).toContain(`key ${OLD} is retired`);
    expect(other.stdout).toContain(`key ${OLD} was retired on`);
  });
});

describe('a migration that waits for the commit of a retirement', () => {
  it('is seen by the last look: the key is retired, and nothing refuses it any more', async () => {
    const { running, pool, letGo } = await retireUntilCommit();
    const migrating = own.connect().pool.query('ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_key_id_fkey');
    while ((await pool.query("SELECT FROM pg_locks WHERE locktype = 'relation' AND NOT granted")).rowCount === 0);
    await letGo();
    const { code, stdout } = await running;
    await migrating;
    expect([code, stdout]).toEqual([7, expect.stringMatching(/was retired on .*, but that does not hold/u)]);
    expect(stdout).toContain('has no foreign key to the registry that is in force');
  });
});
