import { describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/report/exit-code.ts';
import { decrypt, encrypt } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { defaultField } from '../support/table/default-field.ts';
import { age, enterKeys, entryOf, insertNamed, namedField, useRegistry } from '../support/table/registry.ts';
import { anybodyWaits } from '../support/table/row-lock.ts';
import { newKeys } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useRegistry();
const keys = newKeys();
const { pool } = database;
const LIST = { ENCRYPTION_KEYS: `${keys.new} ${keys.old}`, DATABASE_URL: database.url };
const ALONE = { ENCRYPTION_KEYS: keys.new, DATABASE_URL: database.url };
const OLD = fingerprintOf(keys.old);

const run = (args: readonly string[], env: Record<string, string> = ALONE, fields = [namedField]) =>
  runHere(args, env, false, fields);
const retire = (...options: string[]) => run(['retire', OLD, ...options]);

/** Rows rotated to the new key, and verified a day ago: nothing is in the way. */
async function ready(rows = 5): Promise<void> {
  await enterKeys(database, keys.old, keys.new);
  await insertNamed(database, keys.old, rows);
  expect((await run([], LIST)).code).toBe(0);
  await pool.query('ALTER TABLE user_api_keys ALTER COLUMN key_id SET NOT NULL');
  await age(database, keys.old, '25 hours');
}

async function writeUnder(key: string, keyId: string | null): Promise<unknown> {
  const value = encrypt(key, 'sk-written-late');
  return pool
    .query(
      'UPDATE user_api_keys SET iv = $1, content = $2, tag = $3, key_id = $4 WHERE id = (SELECT id FROM user_api_keys LIMIT 1)',
      [value.iv, value.content, value.tag, keyId],
    )
    .then(
      () => null,
      (error: unknown) => error,
    );
}

describe('retire', () => {
  it('retires a key that nothing uses: PostgreSQL refuses every later write under it', async () => {
    await ready();
    const { code, stdout } = await retire('--no-escrow', '--reason', 'the yearly change');
    expect(stdout).toMatch(/^done: key [0-9a-f]{16} is retired/u);
    expect(code).toBe(0);
    expect(await entryOf(database, keys.old)).toMatchObject({
      retired_at: expect.any(Date),
      reason: 'the yearly change',
      active: null,
    });
    for (const keyId of [OLD, null, '0123456789abcdef']) {
      expect(await writeUnder(keys.old, keyId)).toMatchObject({ code: expect.stringMatching(/^235/u) });
    }
    expect(await writeUnder(keys.new, fingerprintOf(keys.new))).toBeNull();
    const again = await retire('--no-escrow');
    expect(again.stdout).toMatch(/was retired on/u);
    expect(again.code).toBe(0);
  });

  it('says what is in the way, all at once, and changes nothing', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.old, 3);
    await insertNamed(database, keys.new, 2);
    await pool.query('ALTER TABLE user_api_keys ALTER COLUMN key_id DROP NOT NULL');
    const { code, stdout } = await retire();
    expect(code).toBe(7);
    const said = stdout.replaceAll(/[0-9a-f]{16}/gu, 'KEY').split('\n');
    expect(said.slice(0, 5)).toEqual([
      'exit 7: key KEY cannot be retired yet',
      '  3 rows can be decrypted by none of the keys that are set: they may be under it',
      '  key_id of public.user_api_keys may be null, so a write that names no key is not refused',
      '  no verification before this one found it unused',
      '  it is not recorded that all shares of the key in use were checked: nobody knows whether it can be recovered if it is lost',
    ]);
    expect(said.slice(said.indexOf('next:')).join('\n')).toMatchInlineSnapshot(`
      "next:
        1. keep the key
        2. set key KEY as well, behind the others, and see what they are under: npx tsx scripts/rotate-encryption-key.ts --dry-run
        3. in a migration of your application: ALTER TABLE public.user_api_keys ADD CHECK ("iv" IS NULL OR "key_id" IS NOT NULL) (for a large table in two migrations: docs/zero-downtime.md, "Close the gap")
        4. once a verification has found it unused, wait 24 hours (--soak): every verification until then has to find it unused
        5. have every custodian check their share of the key in use, so that it is recorded (docs/escrow.md, "Checks in the registry"), or accept the risk: --no-escrow
        6. run the same command again
      "
    `);
    expect(await entryOf(database, keys.old)).toMatchObject({ retired_at: null });
  });

  it('waits for the soak time', async () => {
    await ready();
    await age(database, keys.old, '-2 hours');
    expect((await retire('--no-escrow')).stdout).toMatch(/it has been unused for 23 hours/u);
    expect((await retire('--no-escrow', '--soak', '22h')).code).toBe(0);
  });

  it('begins the soak time anew when a value is found', async () => {
    await ready();
    expect(await writeUnder(keys.old, OLD)).toBeNull();
    expect((await run(['verify'])).code).toBe(6);
    expect(await entryOf(database, keys.old)).toMatchObject({ unused_since: null });
    expect((await run([], LIST)).code).toBe(0);
    const { code, stdout } = await retire('--no-escrow');
    expect(stdout).toMatch(/it has been unused for less than a minute/u);
    expect(code).toBe(7);
  });

  it('finds a value under the key although the row names another', async () => {
    await ready();
    expect(await writeUnder(keys.old, fingerprintOf(keys.new))).toBeNull();
    const { code, stdout } = await retire('--no-escrow');
    expect(stdout).toMatch(/1 row can be decrypted by none of the keys that are set/u);
    expect(code).toBe(7);
    expect(await entryOf(database, keys.old)).toMatchObject({ retired_at: null, unused_since: null });
    const { stdout: known } = await run(['retire', OLD, '--no-escrow'], LIST);
    expect(known).toMatch(/1 row is under it/u);
  });

  it('is refused while a row names the key, whatever it is under, until a rotation has corrected that', async () => {
    await ready();
    expect(await writeUnder(keys.new, OLD)).toBeNull();
    const { code, stdout } = await retire('--no-escrow');
    expect(stdout).toMatch(/rows of user_api_keys have its key id/u);
    expect(code).toBe(7);
    const { code: rotated, stdout: said } = await run([], LIST);
    expect([rotated, said]).toEqual([0, expect.stringMatching(/the key id of 1 row was set/u)]);
    expect((await retire('--no-escrow')).code).toBe(0);
  });

  it('is not satisfied without a checked escrow', async () => {
    await ready();
    const { code, stdout } = await retire();
    expect(stdout).toMatch(/it is not recorded that all shares of the key in use were checked/u);
    expect(code).toBe(7);
    const checkedBefore = (days: number) =>
      pool.query('UPDATE encryption_keys SET escrow_checked_at = now() - make_interval(days => $2) WHERE fingerprint = $1', [
        fingerprintOf(keys.new),
        days,
      ]);
    await checkedBefore(401);
    const late = await retire();
    expect(late.stdout).toMatch(/a share of the key in use was last checked on [\d-]{10}: more than 400 days ago\n/u);
    expect(late.code).toBe(7);
    await checkedBefore(399);
    expect((await retire()).code).toBe(0);
  });

  it.each([
    ['a column that may be null', 'ALTER COLUMN key_id DROP NOT NULL', 'ALTER COLUMN key_id SET NOT NULL', /may be null/u],
    [
      'a constraint that is not validated',
      'DROP CONSTRAINT user_api_keys_key_id_fkey, ADD CONSTRAINT user_api_keys_key_id_fkey FOREIGN KEY (key_id) REFERENCES encryption_keys (active) NOT VALID',
      'VALIDATE CONSTRAINT user_api_keys_key_id_fkey',
      /no foreign key to the registry that is in force/u,
    ],
    [
      'triggers that are disabled',
      'DISABLE TRIGGER ALL',
      'ENABLE TRIGGER ALL',
      /no foreign key to the registry that is in force/u,
    ],
    [
      'a foreign key that would empty the rows',
      'DROP CONSTRAINT user_api_keys_key_id_fkey, ADD CONSTRAINT user_api_keys_key_id_fkey FOREIGN KEY (key_id) REFERENCES encryption_keys (active) ON UPDATE CASCADE',
      'DROP CONSTRAINT user_api_keys_key_id_fkey, ADD CONSTRAINT user_api_keys_key_id_fkey FOREIGN KEY (key_id) REFERENCES encryption_keys (active)',
      /no foreign key to the registry that is in force/u,
    ],
  ])('names a gap in the fence: %s', async (_what, open, close, said) => {
    await ready();
    await pool.query(`ALTER TABLE user_api_keys ${open}`);
    const { code, stdout } = await retire('--no-escrow');
    await pool.query(`ALTER TABLE user_api_keys ${close}`);
    expect(stdout).toMatch(said);
    expect(code).toBe(7);
    expect((await retire('--no-escrow')).code).toBe(0);
  });

  it('is content once the statement was executed that it advises', async () => {
    await ready();
    await pool.query('ALTER TABLE user_api_keys ALTER COLUMN key_id DROP NOT NULL');
    const { stdout } = await retire('--no-escrow');
    const [, statement = ''] = /in a migration of your application: (ALTER TABLE .*) \(for a large/u.exec(stdout) ?? [];
    await pool.query(statement.replace('ADD CHECK', 'ADD CONSTRAINT advised CHECK'));
    const { code } = await retire('--no-escrow').finally(() => pool.query('ALTER TABLE user_api_keys DROP CONSTRAINT advised'));
    expect(code).toBe(0);
  });

  it('is content with a check where a value may be null, and only with one that says it', async () => {
    await ready();
    const check = (text: string) =>
      pool.query(`ALTER TABLE user_api_keys ALTER COLUMN key_id DROP NOT NULL, ADD CONSTRAINT given CHECK (${text})`);
    await check('content IS NULL OR key_id IS NOT NULL OR provider IS NOT NULL');
    const { code, stdout } = await retire('--no-escrow').finally(() =>
      pool.query('ALTER TABLE user_api_keys DROP CONSTRAINT given'),
    );
    expect([code, stdout]).toEqual([7, expect.stringMatching(/may be null/u)]);
    await check('content IS NULL OR key_id IS NOT NULL');
    const again = await retire('--no-escrow');
    expect(again.code, again.stdout).toBe(0);
    expect(await writeUnder(keys.old, null)).toMatchObject({ code: '23514' });
    await pool.query('ALTER TABLE user_api_keys DROP CONSTRAINT given');
  });

  it('says without a column for the key id, and without a registry, what it cannot promise', async () => {
    await ready();
    const unnamed = await run(['retire', OLD, '--no-escrow'], ALONE, [defaultField]);
    expect(unnamed.stdout).toMatch(/has no column for the key id/u);
    expect(unnamed.stdout).toMatch(/add a key id to UserApiKey, in the database and in prisma/u);
    await pool.query('ALTER TABLE encryption_keys RENAME TO elsewhere');
    const { code, stdout } = await retire('--no-escrow').finally(() =>
      pool.query('ALTER TABLE elsewhere RENAME TO encryption_keys'),
    );
    expect(stdout).toMatch(/there is no registry of keys: nothing keeps a forgotten service from writing under it again/u);
    expect(code).toBe(7);
  });

  it('is not yet done while a transaction that wrote under the key is open', async () => {
    await ready();
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { iv, content, tag } = encrypt(keys.old, 'sk-pending');
      await client.query('UPDATE user_api_keys SET iv = $1, content = $2, tag = $3, key_id = $4', [iv, content, tag, OLD]);
      const { code, stdout } = await retire('--no-escrow');
      expect(stdout).toMatch(/a transaction that has written/u);
      expect(code).toBe(7);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    expect((await retire('--no-escrow')).code).toBe(0);
  });

  it.each([
    ['a constraint', 'ALTER TABLE user_api_keys ALTER COLUMN key_id DROP NOT NULL', /may be null/u],
    ['what the registry says', 'UPDATE encryption_keys SET unused_since = NULL', /no verification before this one/u],
  ])('sees that another transaction changed %s just before the fence stood', async (_what, sql, said) => {
    await ready();
    const client = await pool.connect();
    await client.query(`BEGIN; ${sql}`);
    const retiring = retire('--no-escrow');
    await anybodyWaits(database);
    await client.query('COMMIT');
    client.release();
    const { code, stdout } = await retiring;
    expect([code, stdout]).toEqual([7, expect.stringMatching(said)]);
    expect(await entryOf(database, keys.old)).toMatchObject({ retired_at: null });
  });

  it('gives way to a migration that came so late that only the last look at the registry waits behind it', async () => {
    await ready();
    await pool.query(`
      CREATE FUNCTION until_somebody_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE relation = TG_RELID AND NOT granted) LOOP
          IF pg_catalog.clock_timestamp() > pg_catalog.statement_timestamp() + '10 s' THEN RAISE EXCEPTION 'nobody waits'; END IF;
          PERFORM pg_catalog.pg_sleep(0.005);
        END LOOP;
        RETURN NULL;
      END $$;
      CREATE TRIGGER until_somebody_waits BEFORE UPDATE OF retired_at ON encryption_keys EXECUTE FUNCTION until_somebody_waits()`);
    const altering = pool.query(`
      DO $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'encryption_keys'::regclass AND mode = 'RowExclusiveLock') LOOP
          IF clock_timestamp() > now() + interval '60 s' THEN RAISE EXCEPTION 'waited for the fence in vain'; END IF;
          PERFORM pg_sleep(0.005);
        END LOOP;
        DROP TRIGGER until_somebody_waits ON encryption_keys;
      END $$`);
    const { code, stdout } = await run(['retire', OLD, '--no-escrow'], { ...ALONE, DATABASE_STATEMENT_TIMEOUT_MS: '20000' });
    await altering;
    await pool.query('DROP FUNCTION until_somebody_waits');
    expect([code, stdout]).toEqual([4, expect.stringMatching(/had to wait for this run: it gave way\n/u)]);
    expect((await retire('--no-escrow')).code).toBe(0);
  });

  it('begins the soak time anew when a rotation finds values in columns that the schema does not have', async () => {
    await ready();
    const { iv, content, tag } = encrypt(keys.old, 'sk-forgotten');
    await pool.query('CREATE TABLE forgotten (id integer PRIMARY KEY, iv text, content text, tag text)');
    await pool.query('INSERT INTO forgotten VALUES (1, $1, $2, $3)', [iv, content, tag]);
    const [rehearsed, before] = [await run(['--dry-run'], LIST), await entryOf(database, keys.old)];
    const rotated = await run([], LIST);
    const { code, stdout } = await retire('--no-escrow').finally(() => pool.query('DROP TABLE forgotten'));
    expect([rehearsed.code, before?.['unused_since'], rotated.code]).toEqual([3, expect.any(Date), 3]);
    expect([code, stdout]).toEqual([7, expect.stringMatching(/no verification before this one/u)]);
  });

  it('relies on no verification that left out a table which names keys of the registry, and leaves none out itself', async () => {
    await enterKeys(database, keys.old, keys.new);
    await insertNamed(database, keys.new, 3);
    await pool.query(
      'ALTER TABLE user_api_keys ALTER COLUMN key_id SET NOT NULL; CREATE TABLE more (id integer PRIMARY KEY, key_id text REFERENCES encryption_keys (active)) PARTITION BY LIST (id); CREATE TABLE more_1 PARTITION OF more FOR VALUES IN (1)',
    );
    const verified = await run(['verify']);
    const [old, fresh] = [await entryOf(database, keys.old), await entryOf(database, keys.new)];
    await pool.query("UPDATE encryption_keys SET unused_since = now() - interval '1 day'");
    const status = await run(['status']);
    const { code, stdout } = await retire('--no-escrow').finally(() => pool.query('DROP TABLE more'));
    expect([status.code, status.stdout]).toEqual([
      7,
      expect.stringMatching(
        /^exit 7: public\.more\.key_id refers to public\.encryption_keys, and is not in prisma\/schema\.prisma/u,
      ),
    ]);
    // A step of the rotation that asks for a key to be taken away would be wrong: values may be under it.
    expect(status.stdout).not.toMatch(/take .* out|npx .* retire/u);
    expect([verified.code, verified.stderr]).toEqual([
      0,
      expect.stringMatching(
        /not recorded as one that read everything: public\.more\.key_id refers to public\.encryption_keys as well/u,
      ),
    ]);
    expect([old, fresh]).toMatchObject([{ unused_since: null }, { last_verified_at: null, activated_at: expect.any(Date) }]);
    expect([code, stdout]).toEqual([7, expect.stringMatching(/public\.more\.key_id names keys of the registry, but prisma/u)]);
    expect(stdout).not.toContain('more_1');
    expect((await retire('--no-escrow')).code).toBe(0);
  });

  it('says that it did not search the other tables if it cannot, without the key itself', async () => {
    await ready();
    const notSearched = /only the tables in prisma\/schema\.prisma were read/u;
    expect((await retire('--no-escrow')).stdout).toMatch(notSearched);
    await pool.query('UPDATE encryption_keys SET retired_at = NULL');
    const { code, stdout } = await run(['retire', OLD, '--no-escrow'], LIST);
    expect([code, stdout]).toEqual([0, expect.not.stringMatching(notSearched)]);
  });

  it('refuses the target key, an unknown key, and what is no fingerprint', async () => {
    await ready();
    expect((await run(['retire', fingerprintOf(keys.new)])).code).toBe(2);
    expect((await run(['retire', '0123456789abcdef'])).code).toBe(2);
    const { code, stderr } = await run(['retire', keys.old]);
    expect(code).toBe(2);
    expect(stderr).not.toContain(keys.old);
    expect((await run(['retire', OLD, '--soak', 'tomorrow'])).code).toBe(2);
  });

  it('says that backups from before its own survey may need the key: a value may have got under it after its retirement', async () => {
    await ready();
    expect((await retire('--no-escrow')).code).toBe(0);
    await pool.query("UPDATE encryption_keys SET retired_at = '2020-02-03' WHERE fingerprint = $1", [OLD]);
    const { code, stdout } = await retire('--no-escrow');
    expect([code, stdout]).toEqual([0, expect.stringContaining('was retired on 2020-02-03')]);
    expect(stdout).toMatch(/destroy it when no backup of the database from before 20(?!20)\d\d-/u);
  });

  it.each([
    ['is interrupted in the survey', 130, 'SELECT 1', 'exit 130'],
    [
      'finds another registry after it',
      4,
      'ALTER TABLE encryption_keys RENAME COLUMN rows TO count',
      'encryption_keys has no column rows\n',
    ],
  ])('says what it knows of a key that was retired before if it %s', async (_, expected, sql, headline) => {
    await ready();
    expect((await retire('--no-escrow')).code).toBe(0);
    const holder = await pool.connect();
    await holder.query('BEGIN; LOCK TABLE user_api_keys IN ACCESS EXCLUSIVE MODE');
    const interruption = new AbortController();
    const running = runHere(['retire', OLD, '--no-escrow'], ALONE, false, [namedField], interruption.signal);
    await anybodyWaits(database);
    await pool.query(sql);
    if (expected === 130) interruption.abort(new Interrupted('SIGINT'));
    await holder.query('ROLLBACK');
    holder.release();
    const { code, stdout } = await running;
    if (expected !== 130) await pool.query('ALTER TABLE encryption_keys RENAME COLUMN count TO rows');
    expect([code, stdout]).toEqual([expected, expect.stringContaining(headline)]);
    expect(stdout).toContain(
      'the key was retired before, and this run did not come to show that this still holds: keep the key\n',
    );
  });

  it('looks at the registry once more before it says that a key is retired', async () => {
    await ready();
    await pool.query(`
      CREATE FUNCTION take_back() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN UPDATE public.encryption_keys SET retired_at = NULL; RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER take_back AFTER UPDATE ON encryption_keys DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.retired_at IS NOT NULL) EXECUTE FUNCTION take_back()`);
    const { code, stdout } = await retire('--no-escrow');
    await pool.query('DROP FUNCTION take_back CASCADE');
    expect([code, stdout]).toEqual([4, expect.stringContaining('the key was retired, and is not any more: keep it\n')]);
    expect(stdout).toContain('the registry does not say any more that key');
  });

  it('does not say that a retirement does not hold while it only cannot be proven', async () => {
    await ready();
    expect((await retire('--no-escrow')).code).toBe(0);
    const writer = await pool.connect();
    await writer.query('BEGIN; UPDATE user_api_keys SET updated_at = now()');
    const { code, stdout } = await retire('--no-escrow');
    await writer.query('ROLLBACK');
    writer.release();
    expect([code, stdout]).toEqual([
      7,
      expect.stringMatching(/was retired on .*, but it is not proven that this\s+still holds/u),
    ]);
  });

  it('says so when a key was retired and values are under it all the same', async () => {
    await ready();
    expect((await retire('--no-escrow')).code).toBe(0);
    await pool.query('ALTER TABLE user_api_keys DISABLE TRIGGER ALL');
    expect(await writeUnder(keys.old, OLD)).toBeNull();
    const { code, stdout } = await run(['retire', OLD, '--no-escrow'], LIST);
    await pool.query('ALTER TABLE user_api_keys ENABLE TRIGGER ALL');
    expect(stdout).toMatch(/was retired on .*, but that does not hold/u);
    expect(code).toBe(7);
    const { rows } = await pool.query('SELECT iv, content, tag FROM user_api_keys WHERE key_id = $1', [OLD]);
    expect(rows.map((row) => decrypt(keys.old, row)?.toString())).toEqual(['sk-written-late']);
  });
});
