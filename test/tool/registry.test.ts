import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from '../support/application/application.ts';
import { useRole } from '../support/application/application-role.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { defaultField } from '../support/table/default-field.ts';
import { age, enterKeys, entryOf, insertNamed, keyIds, namedField, useRegistry } from '../support/table/registry.ts';
import { newKeys } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';

const database = useRegistry();
const { pool } = database;
const keys = newKeys();
const { role, url } = useRole(database, keys);
const [OLD, NEW] = [fingerprintOf(keys.old), fingerprintOf(keys.new)];
const LIST = { ENCRYPTION_KEYS: `${keys.new} ${keys.old}`, DATABASE_URL: database.url };
const AS_ROLE = { ...LIST, DATABASE_URL: url.href };

const run = (args: readonly string[], env: Record<string, string> = LIST, signal?: AbortSignal) =>
  runHere(args, env, false, [namedField], signal);

describe('register', () => {
  it('enters the keys, and again changes nothing', async () => {
    const { code, stderr } = await run(['register', '--reason', 'ticket 12']);
    expect(code, stderr).toBe(0);
    const { rows } = await pool.query('SELECT fingerprint, source, activated_at, reason FROM encryption_keys ORDER BY 1');
    expect(rows).toEqual(
      [OLD, NEW].sort().map((fingerprint) => ({ fingerprint, source: 'text', activated_at: null, reason: 'ticket 12' })),
    );
    const before = await entryOf(database, keys.old);
    expect((await run(['register', '--reason', 'another'])).code).toBe(0);
    expect(await entryOf(database, keys.old)).toEqual(before);
  });

  it('refuses a key that is retired, a role that may not, and a database without the table', async () => {
    await enterKeys(database, keys.old);
    await pool.query('UPDATE encryption_keys SET retired_at = now()');
    expect((await run(['register'])).stderr).toMatch(/was retired on/u);
    const { code, stderr } = await run(['register'], AS_ROLE);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/hint: GRANT SELECT, INSERT, UPDATE ON "public"."encryption_keys"/u),
    ]);
    await pool.query('ALTER TABLE encryption_keys RENAME TO elsewhere');
    const without = await run(['register']).finally(() => pool.query('ALTER TABLE elsewhere RENAME TO encryption_keys'));
    expect([without.code, without.stderr]).toEqual([2, expect.stringMatching(/there is no table public.encryption_keys/u)]);
  });
});

describe('--reason', () => {
  it.each([
    ['register', keys.old],
    ['rotate', `base64:${Buffer.from(keys.old, 'hex').toString('base64')}`],
    ['rotate', `was ${Buffer.from(keys.old, 'hex').toString('base64url')}`],
    ['rotate', 'postgresql://app:pa55word-of-app@db/app'],
  ])('refuses what looks like a key or a password: %s', async (command, reason) => {
    await enterKeys(database, keys.old, keys.new);
    const { code, stderr } = await run([command, '--reason', reason]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--reason looks like a key or a password/u)]);
    expect(stderr).not.toContain(reason);
    const { rows } = await pool.query('SELECT FROM encryption_keys WHERE reason IS NOT NULL');
    expect(rows).toEqual([]);
  });

  it('takes words, links and the names of keys', async () => {
    const reason = `${OLD} leaked: https://tickets.example.com/browse/SEC-1234/why-the-key-had-to-be-changed-in-november`;
    expect((await run(['register', '--reason', reason])).code).toBe(0);
    expect(await entryOf(database, keys.old)).toMatchObject({ reason });
  });
});

describe('a rotation with a registry', () => {
  it('records nothing in a dry run', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.new, 2);
    const before = [await entryOf(database, keys.old), await entryOf(database, keys.new)];
    expect((await run(['--dry-run'])).stdout).toMatch(/nothing/u);
    await pool.query("UPDATE user_api_keys SET content = 'ff' WHERE id = (SELECT id FROM user_api_keys LIMIT 1)");
    expect((await run(['--dry-run'])).code).toBe(3);
    expect([await entryOf(database, keys.old), await entryOf(database, keys.new)]).toEqual(before);
  });

  it('does not wait long for somebody who holds the registry', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.old, 2);
    const client = await pool.connect();
    await client.query('BEGIN; SELECT FROM encryption_keys FOR UPDATE');
    const { code, stdout, stderr } = await run(['verify'], { ...LIST, ENCRYPTION_KEYS: keys.old });
    await client.query('ROLLBACK');
    client.release();
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(/^done/u),
      expect.stringMatching(
        /warning: what this run found is not recorded in .*: another transaction held the row .* lock_timeout/u,
      ),
    ]);
  });

  it('enters its keys before its first write, names them in every row, and records what it found', async () => {
    await insertNamed(database, keys.old, 7, null);
    const { code, stdout, stderr } = await run(['--reason', 'somebody left']);
    expect(code, stderr).toBe(0);
    expect(await keyIds(database)).toEqual({ [NEW]: 7 });
    expect(await entryOf(database, keys.old)).toMatchObject({
      ...{ activated_at: expect.any(Date), unused_since: expect.any(Date), last_verified_at: null, rows: '0' },
    });
    expect(await entryOf(database, keys.new)).toMatchObject({
      ...{ activated_at: expect.any(Date), unused_since: null, last_verified_at: expect.any(Date), rows: '7' },
      ...{ reason: 'somebody left', operator: expect.any(String), host: expect.any(String), run_id: expect.any(String) },
    });
    expect(stdout).toContain(`retire ${OLD}`);
  });

  it('does not begin without the right to enter a key that is missing', async () => {
    await insertNamed(database, keys.old, 3, null);
    await pool.query(
      `GRANT SELECT ON encryption_keys TO ${role}; GRANT SELECT (key_id), UPDATE (key_id) ON user_api_keys TO ${role}`,
    );
    for (const args of [[], ['--dry-run']]) {
      const { code, stderr } = await run(args, AS_ROLE);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/does not have key .*, and user .* may not enter it/u)]);
    }
    expect(await keyIds(database)).toEqual({ none: 3 });
    await enterKeys(database, keys.old, keys.new);
    const { code, stderr } = await run([], AS_ROLE);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/warning: .*may not UPDATE it: GRANT SELECT, INSERT, UPDATE/u)]);
    expect(stderr.match(/is not recorded in/gu)).toHaveLength(1);
    expect(await entryOf(database, keys.new)).toMatchObject({ last_verified_at: null });
    await pool.query(`REVOKE ALL ON encryption_keys FROM ${role}`);
    const blind = await run([], AS_ROLE);
    expect([blind.code, blind.stderr]).toEqual([2, expect.stringMatching(/may not read public.encryption_keys/u)]);
  });

  it('leaves no false entry when it is stopped, and a key that it found in use is not called unused', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.new, 1);
    expect((await run(['verify'])).code).toBe(0);
    await age(database, keys.old, '3 days');
    expect(await entryOf(database, keys.old)).toMatchObject({ unused_since: expect.any(Date) });
    // A forgotten replica writes, and the sweep that moves its values is killed before it can record its end.
    await insertNamed(database, keys.old, 400);
    const stop = new AbortController();
    const watch = setInterval(async () => {
      const { rows } = await pool.query('SELECT count(*)::int AS moved FROM user_api_keys WHERE key_id = $1', [NEW]);
      if (rows[0].moved > 3) stop.abort(new Error('killed'));
    }, 1);
    const { code } = await run([], LIST, stop.signal).finally(() => clearInterval(watch));
    expect(code).not.toBe(0);
    expect(await entryOf(database, keys.old)).toMatchObject({ unused_since: null });
    expect((await run(['verify'])).code).toBe(6);
    expect((await run([])).code).toBe(0);
    const { rows } = await pool.query(
      "SELECT now() - unused_since < interval '1 hour' AS recent FROM encryption_keys WHERE fingerprint = $1",
      [OLD],
    );
    expect(rows).toEqual([{ recent: true }]);
  });

  it('corrects the key id of rows that are under the target key, or hold no value, without touching the value', async () => {
    await enterKeys(database, keys.old, keys.new);
    await pool.query(
      'ALTER TABLE user_api_keys ALTER COLUMN iv DROP NOT NULL, ALTER COLUMN content DROP NOT NULL, ALTER COLUMN tag DROP NOT NULL',
    );
    await insertNamed(database, keys.new, 2, null);
    await insertNamed(database, keys.new, 2, OLD);
    const empty = await insertNamed(database, keys.new, 2, OLD);
    await pool.query('UPDATE user_api_keys SET iv = NULL, content = NULL, tag = NULL WHERE id = ANY ($1::uuid[])', [empty]);
    const values = () => pool.query('SELECT id, iv, content, tag FROM user_api_keys ORDER BY id').then(({ rows }) => rows);
    const before = await values();
    const rehearsal = await run(['--dry-run']);
    expect(rehearsal.stdout).toMatch(/it would set the key id of 6 rows$/mu);
    const { code, stdout, stderr } = await run(['--backup', path.join(workFolder, 'names.jsonl')]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/the key id of 6 rows was set/u);
    expect(await keyIds(database)).toEqual({ [NEW]: 6 });
    expect(await values()).toEqual(before);
    await pool.query(
      'TRUNCATE users CASCADE; ALTER TABLE user_api_keys ALTER COLUMN iv SET NOT NULL, ALTER COLUMN content SET NOT NULL, ALTER COLUMN tag SET NOT NULL',
    );
  });

  it('is refused if the target key is retired', async () => {
    await enterKeys(database, keys.old, keys.new);
    await pool.query('UPDATE encryption_keys SET retired_at = now() WHERE fingerprint = $1', [NEW]);
    await insertNamed(database, keys.old, 1);
    const { code, stderr } = await run([]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/was retired on .*: nothing may be encrypted under it/u)]);
    expect(await keyIds(database)).toEqual({ [OLD]: 1 });
  });

  it('passes over a table of the same name that is another one, and says so', async () => {
    await pool.query(
      'ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_key_id_fkey; ALTER TABLE encryption_keys DROP COLUMN unused_since',
    );
    await insertNamed(database, keys.old, 2);
    const { code, stderr } = await run([]);
    await pool.query(
      'ALTER TABLE encryption_keys ADD COLUMN unused_since timestamptz; ALTER TABLE user_api_keys ADD CONSTRAINT user_api_keys_key_id_fkey FOREIGN KEY (key_id) REFERENCES encryption_keys (active) NOT VALID',
    );
    expect([code, stderr]).toEqual([0, expect.stringMatching(/has no column unused_since, so it is not used as the registry/u)]);
  });
});

describe('a backup of rows that name their key', () => {
  it('carries the key ids, and restore puts them back', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.old, 4);
    const file = path.join(workFolder, 'named.jsonl');
    expect((await run(['--backup', file])).code).toBe(0);
    expect((await run(['restore', file])).code).toBe(0);
    expect(await keyIds(database)).toEqual({ [OLD]: 4 });
  });

  it.each([
    ['', fingerprintOf(keys.old)],
    [', also if its rows named another', fingerprintOf(keys.new)],
  ])('is not restored once the key is retired%s', async (_, keyId) => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.old, 4, keyId);
    const file = path.join(workFolder, `retired-${keyId}.jsonl`);
    expect((await run(['--backup', file])).code).toBe(0);
    await pool.query('UPDATE encryption_keys SET retired_at = now() WHERE fingerprint = $1', [OLD]);
    const { code, stderr } = await run(['restore', file]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/the backup holds values under key .*, which was retired on/u)]);
    expect(await keyIds(database)).toEqual({ [NEW]: 4 });
  });
});

describe('what is written under a key that nobody registered', () => {
  it('is refused by PostgreSQL', async () => {
    const stranger = randomBytes(32).toString('hex');
    await enterKeys(database, keys.old);
    const { iv, content, tag } = encrypt(stranger, 'sk-typo');
    expect(decrypt(stranger, { iv, content, tag })?.toString()).toBe('sk-typo');
    await expect(insertNamed(database, stranger, 1)).rejects.toMatchObject({ code: '23503' });
  });
});

describe('a role that may not use the schema of DATABASE_URL', () => {
  it('rotates a table of another schema, as if there were no registry', async () => {
    const schema = `app_${randomBytes(6).toString('hex')}`;
    const { iv, content, tag } = encrypt(keys.old, 'sk-elsewhere');
    await pool.query(`
      CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.keys (id integer PRIMARY KEY, iv text, content text, tag text);
      GRANT USAGE ON SCHEMA ${schema} TO ${role}; GRANT SELECT, UPDATE ON ${schema}.keys TO ${role};
      REVOKE ALL ON SCHEMA public FROM PUBLIC`);
    await pool.query(`INSERT INTO ${schema}.keys VALUES (1, $1, $2, $3)`, [iv, content, tag]);
    const field = { ...defaultField, schema, table: 'keys' };
    const { code, stderr } = await runHere([], AS_ROLE, false, [field]).finally(() =>
      pool.query('GRANT ALL ON SCHEMA public TO PUBLIC'),
    );
    expect(code, stderr).toBe(0);
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
  });
});
