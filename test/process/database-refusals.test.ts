import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { expectAllUnder, fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { runTool, type ToolRun } from '../support/tool/run-tool.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const freshKey = secret(newKey());
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: database.url };
const role = `rotate_key_test_${randomBytes(6).toString('hex')}`;
const rolePassword = secret(randomBytes(12).toString('hex'));

afterAll(() => database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => {}));

function urlWith(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

async function expectRefusal(run: Promise<ToolRun>, message: string | RegExp): Promise<void> {
  const { code, stdout, stderr } = await run;
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/\nrotate-encryption-key: hint: \S/u);
  expect(stdout).toContain('nothing was written');
  expect(code).toBe(4);
}

describe('a database that refuses ends the run with exit code 4, a reason and a hint', () => {
  it.each([
    [
      'an unknown host',
      (url: URL) => {
        url.hostname = 'no-such-host.invalid';
      },
      'the host no-such-host.invalid cannot be resolved',
    ],
    [
      'a port that nothing listens on',
      (url: URL) => {
        url.port = '1';
      },
      'nothing is listening on',
    ],
    [
      'a wrong password',
      (url: URL) => {
        url.password = 'wrong';
      },
      'refused user',
    ],
    [
      'a missing database',
      (url: URL) => {
        url.pathname = '/no_such_database';
      },
      'there is no database no_such_database',
    ],
    [
      'a missing schema',
      (url: URL) => {
        url.searchParams.set('schema', 'elsewhere');
      },
      'there is no table elsewhere.user_api_keys',
    ],
  ])('%s', async (_title, change, message) => {
    await expectRefusal(runTool([], { ...env, DATABASE_URL: urlWith(change) }), message);
  });

  it('a missing table', async () => {
    await database.pool.query('ALTER TABLE user_api_keys RENAME TO elsewhere');
    await expectRefusal(runHere([], env), 'there is no table public.user_api_keys in database').finally(() =>
      database.pool.query('ALTER TABLE elsewhere RENAME TO user_api_keys'),
    );
  });

  it('a missing column', async () => {
    await database.pool.query('ALTER TABLE user_api_keys RENAME COLUMN tag TO auth_tag');
    await expectRefusal(runHere([], env), 'table public.user_api_keys has no column tag').finally(() =>
      database.pool.query('ALTER TABLE user_api_keys RENAME COLUMN auth_tag TO tag'),
    );
  });

  it('a role without UPDATE, without SELECT, or from which row-level security hides rows', async () => {
    await fillTable(database, oldKey, 3);
    const before = await readTable(database);
    await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD '${rolePassword}'`);
    const asRole = { ...env, DATABASE_URL: urlWith((url) => Object.assign(url, { username: role, password: rolePassword })) };
    await expectRefusal(runHere([], asRole), `user ${role} may not SELECT column id of public.user_api_keys`);
    await database.pool.query(`GRANT SELECT ON user_api_keys TO ${role}`);
    await expectRefusal(runHere(['--dry-run'], asRole), `user ${role} may not UPDATE column iv of public.user_api_keys`);
    await database.pool.query(`GRANT UPDATE (iv, content) ON user_api_keys TO ${role}`);
    await expectRefusal(runHere([], asRole), `user ${role} may not UPDATE column tag of public.user_api_keys`);
    await database.pool.query(`GRANT UPDATE ON user_api_keys TO ${role}; ALTER TABLE user_api_keys ENABLE ROW LEVEL SECURITY`);
    await expectRefusal(runHere([], asRole), `row-level security hides rows of public.user_api_keys from user ${role}`);
    await database.pool.query('ALTER TABLE user_api_keys DISABLE ROW LEVEL SECURITY');
    expect(await readTable(database)).toEqual(before);
    expect((await runHere([], asRole)).code).toBe(0);
  });

  it('a database that is read-only', async () => {
    const { pathname } = new URL(database.url);
    await database.pool.query(`ALTER DATABASE ${pathname.slice(1)} SET default_transaction_read_only = on`);
    await expectRefusal(runHere([], env), /is read-only for user/u).finally(() =>
      database.pool.query(
        `SET default_transaction_read_only = off; ALTER DATABASE ${pathname.slice(1)} RESET default_transaction_read_only`,
      ),
    );
  });

  it.each([
    ['that two rows can share', 'ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_pkey'],
    [
      'that is unique only beside another column',
      'ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_pkey, ADD PRIMARY KEY (user_id, id)',
    ],
    ['that can be null', 'ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_pkey, ALTER id DROP NOT NULL, ADD UNIQUE (id)'],
  ])('an id %s, since rows could be missed', async (_title, change) => {
    await fillTable(database, oldKey, 3);
    await database.pool.query(change);
    try {
      await expectRefusal(runHere([], env), 'column id of public.user_api_keys is not unique and NOT NULL');
    } finally {
      await database.pool.query(`
        ALTER TABLE user_api_keys DROP CONSTRAINT IF EXISTS user_api_keys_pkey, DROP CONSTRAINT IF EXISTS user_api_keys_id_key;
        ALTER TABLE user_api_keys ALTER id SET NOT NULL, ADD PRIMARY KEY (id)`);
    }
  });

  it('tables that inherit from it and repeat its ids', async () => {
    await fillTable(database, oldKey, 3);
    await database.pool.query('CREATE TABLE more_keys () INHERITS (user_api_keys)');
    try {
      await database.pool.query('INSERT INTO more_keys SELECT * FROM user_api_keys LIMIT 1');
      await expectRefusal(runHere([], env), 'the same id occurs in more than one of the tables that inherit from public');
      await database.pool.query('UPDATE more_keys SET id = gen_random_uuid()');
      const { code, stdout } = await runHere([], env);
      expect(code).toBe(0);
      expect(stdout).toContain('the new key alone decrypted 4 rows');
    } finally {
      await database.pool.query('DROP TABLE more_keys');
    }
  });

  it.each([
    ['1', 'content := left(NEW.content, 20)'],
    ['5', 'content := left(NEW.content, 20)'],
    ['1', 'tag := NULL'],
    ['5', 'tag := NULL'],
  ])('a trigger that changes the value: the write is undone (--batch-size %s, %s)', async (rows, change) => {
    const plaintexts = await fillTable(database, oldKey, 9);
    const before = await readTable(database);
    const spoilt = before[5]?.id ?? '';
    await database.pool.query(`
      ALTER TABLE user_api_keys ALTER tag DROP NOT NULL;
      CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.${change}; RETURN NEW; END $$;
      CREATE TRIGGER spoil BEFORE UPDATE ON user_api_keys FOR EACH ROW WHEN (OLD.id = '${spoilt}') EXECUTE FUNCTION spoil()`);
    const { code, stdout } = await runHere(['--batch-size', rows], env);
    await database.pool.query('DROP FUNCTION spoil CASCADE; ALTER TABLE user_api_keys ALTER tag SET NOT NULL');
    expect(code).toBe(4);
    expect(stdout).toContain('a trigger on the table changed the value that the tool sent');
    expect(stdout).toContain(`row ${spoilt} was read again: it was not written\n`);
    expect(stdout).toContain('5 rows under the new key, 4 still under the old key');
    expect((await readTable(database)).slice(5)).toEqual(before.slice(5));
    expect((await runHere([], env)).code).toBe(0);
    expectAllUnder(freshKey, await readTable(database), plaintexts);
  });

  it('a row whose write the database refuses: the rows before it are rotated and named, those after it untouched', async () => {
    await fillTable(database, oldKey, 9);
    const before = await readTable(database);
    const failing = before[5]?.id ?? '';
    await database.pool.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON user_api_keys FOR EACH ROW WHEN (OLD.id = '${failing}') EXECUTE FUNCTION refuse()`);

    const { code, stdout, stderr } = await runHere(['--verbose'], env);
    await database.pool.query('DROP FUNCTION refuse CASCADE');

    expect(code).toBe(4);
    expect(stdout).toContain('a write failed: not this one');
    expect(stdout).toContain(`row ${failing} was read again: it was not written`);
    expect(stdout).toContain('5 rows rotated in this run');
    expect(stdout).toContain('5 rows under the new key, 4 still under the old key');
    expect(stderr.match(/Rotated key \S+/gu)).toEqual(before.slice(0, 5).map(({ id }) => `Rotated key ${id}`));
    const after = await readTable(database);
    expect(after.slice(5)).toEqual(before.slice(5));
    expect((await runHere([], env)).code).toBe(0);
  });
});
