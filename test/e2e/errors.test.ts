import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secret } from '../support/canaries.ts';
import { useDatabase } from '../support/database.ts';
import { failureOf, RUN_AGAIN, THEN_RUN_AGAIN, type ToolFailure } from '../support/failure-of.ts';
import { somebodyWaits, whileHolding } from '../support/row-lock.ts';
import { runHere } from '../support/run-here.ts';
import { count, environment, expectIntact, newKeys, type Planted, plant } from '../support/witness.ts';

const ROWS = 3;
const database = useDatabase();
const keys = newKeys();
const url = new URL(database.url);
const name = url.pathname.slice(1);
/** A role without special powers, as an application has it. */
const role = `rotate_key_test_${randomBytes(6).toString('hex')}`;
url.username = role;
url.password = secret(randomBytes(12).toString('hex'));
const env = environment(keys, url.href);

beforeAll(() =>
  database.pool.query(`
    CREATE ROLE ${role} LOGIN PASSWORD '${url.password}';
    GRANT SELECT, UPDATE ON user_api_keys TO ${role}`),
);
afterAll(() => database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => {}));

function trigger(functionName: string, body: string): string {
  return `CREATE FUNCTION ${functionName}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$;
    CREATE TRIGGER ${functionName} BEFORE UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION ${functionName}()`;
}

/** Once what was in the way is gone, the same command must finish. */
async function expectToFinish(planted: Planted): Promise<void> {
  const { code, stderr } = await runHere([], env);
  expect(code, stderr).toBe(0);
  expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
}

function firstId({ plaintexts }: Planted): string {
  return [...plaintexts.keys()].sort()[0] ?? '';
}

const inDatabase = `ALTER ROLE "${role}" IN DATABASE "${name}" SET`;
const lookInto = (functionName: string) =>
  `look into function ${functionName}, which failed or refused the write, and fix the cause, or disable its trigger during the rotation`;
const grant = `GRANT the missing privilege to user ${role}, or use a role that has it in DATABASE_URL`;

interface Refusal extends ToolFailure {
  readonly what: string;
  readonly setUp: string;
  readonly undo: string;
}

describe('a write that the database refuses is said for what it is', () => {
  it.each<Refusal>([
    {
      what: 'a CHECK constraint with "ended" in its name',
      setUp: `ALTER TABLE user_api_keys ADD CONSTRAINT user_api_keys_suspended_check CHECK (provider = 'none') NOT VALID`,
      message: 'new row for relation "user_api_keys" violates check constraint "user_api_keys_suspended_check" (23514)',
      hint: 'change the data or constraint user_api_keys_suspended_check of table user_api_keys so that they agree',
      undo: 'ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_suspended_check',
    },
    {
      what: 'a trigger that says that something ended',
      setUp: trigger('hold', `RAISE EXCEPTION 'the change window has ended'`),
      message: 'the change window has ended (P0001 in function hold)',
      hint: lookInto('hold'),
      undo: 'DROP FUNCTION hold CASCADE',
    },
    {
      what: 'a trigger that speaks of a timeout, with a code that Node has too',
      setUp: trigger('bill', `RAISE EXCEPTION 'timeout of the subscription' USING ERRCODE = 'EPIPE'`),
      message: 'timeout of the subscription (EPIPE in function bill)',
      hint: lookInto('bill'),
      undo: 'DROP FUNCTION bill CASCADE',
    },
    {
      what: 'a key in what a trigger raises',
      setUp: trigger('leak', `RAISE EXCEPTION 'key ${keys.old}'`),
      message: 'key [masked] (P0001 in function leak)',
      hint: lookInto('leak'),
      undo: 'DROP FUNCTION leak CASCADE',
    },
    {
      what: 'a missing privilege on an audit table',
      setUp: `CREATE TABLE audit_log (at timestamptz); ${trigger('audit', 'INSERT INTO audit_log VALUES (now())')}`,
      message: `user ${role} lacks a privilege: permission denied for table audit_log (42501 in function audit)`,
      hint: `${grant}, or make function audit SECURITY DEFINER`,
      undo: 'DROP FUNCTION audit CASCADE; DROP TABLE audit_log',
    },
    {
      what: 'a missing privilege on a schema',
      setUp: `CREATE SCHEMA ledger; CREATE TABLE ledger.log (at timestamptz); ${trigger('note', 'INSERT INTO ledger.log VALUES (now())')}`,
      message: `user ${role} lacks a privilege: permission denied for schema ledger (42501 in function note)`,
      hint: `${grant}, or make function note SECURITY DEFINER`,
      undo: 'DROP FUNCTION note CASCADE; DROP SCHEMA ledger CASCADE',
    },
    {
      what: 'a unique constraint of another table',
      setUp: `CREATE TABLE counters (id int PRIMARY KEY); INSERT INTO counters VALUES (1); GRANT INSERT ON counters TO ${role};
        ${trigger('tally', 'INSERT INTO counters VALUES (1)')}`,
      message: 'duplicate key value violates unique constraint "counters_pkey" (23505 in function tally)',
      hint: 'change the data or constraint counters_pkey of table counters so that they agree',
      undo: 'DROP FUNCTION tally CASCADE; DROP TABLE counters',
    },
    {
      what: 'a value that a trigger cannot convert',
      setUp: trigger('parse', `PERFORM NEW.provider::int`),
      message: 'invalid input syntax for type integer: "openrouter" (22P02 in function parse)',
      hint: lookInto('parse'),
      undo: 'DROP FUNCTION parse CASCADE',
    },
    {
      what: 'a rule that does something else instead',
      setUp: 'CREATE RULE keep AS ON UPDATE TO user_api_keys DO INSTEAD NOTHING',
      message: 'cannot perform UPDATE RETURNING on relation "user_api_keys" (0A000)',
      hint: 'if a rule of the table is in the way, disable it during the rotation: ALTER TABLE … DISABLE RULE …; if a cached plan is, the table was altered during this run',
      undo: 'DROP RULE keep ON user_api_keys',
    },
    {
      what: 'a published table without a replica identity',
      setUp: 'ALTER TABLE user_api_keys REPLICA IDENTITY NOTHING; CREATE PUBLICATION updates FOR TABLE user_api_keys',
      message: 'cannot update table "user_api_keys" because it does not have a replica identity and publishes updates (55000)',
      hint: 'fix the problem named above; for a missing replica identity: ALTER TABLE … REPLICA IDENTITY FULL, or DEFAULT if the table has a primary key',
      undo: 'DROP PUBLICATION updates; ALTER TABLE user_api_keys REPLICA IDENTITY DEFAULT',
    },
    {
      what: "the role's own statement_timeout",
      setUp: `${inDatabase} statement_timeout = '1s'; ${trigger('linger', 'PERFORM pg_sleep(600)')}`,
      message: 'the server cancelled a statement: canceling statement due to statement timeout (57014 in function linger)',
      hint: `if the message names the statement timeout, lift the limit: ${inDatabase} statement_timeout = 0 (it is the server's, not DATABASE_STATEMENT_TIMEOUT_MS); if not, ask who cancelled it`,
      undo: `DROP FUNCTION linger CASCADE; ${inDatabase} statement_timeout = 0`,
    },
  ])('$what', async ({ setUp, message, hint, undo }) => {
    const planted = await plant(database, keys, ROWS);
    await database.pool.query(setUp);
    try {
      const failure = await failureOf(runHere([], env));
      expect(failure).toEqual({ message: `a write failed: ${message}`, hint: `${hint}${THEN_RUN_AGAIN}` });
      expect(count(await expectIntact(database, keys, planted), 'new')).toBe(0);
    } finally {
      await database.pool.query(undo);
    }
    await expectToFinish(planted);
  });
});

describe('a row that another transaction holds', () => {
  it('is named as the reason where the role has a lock_timeout', async () => {
    const planted = await plant(database, keys, ROWS);
    await database.pool.query(`${inDatabase} lock_timeout = '200ms'`);
    const failure = await whileHolding(database, firstId(planted), () => failureOf(runHere([], env)));
    await database.pool.query(`${inDatabase} lock_timeout = 0`);
    expect(failure).toEqual({
      message:
        'a write failed: another transaction held the row or the table for longer than lock_timeout: canceling statement due to lock timeout (55P03)',
      hint: `end that transaction (pg_stat_activity and pg_blocking_pids() name it), or raise the lock_timeout of the role${THEN_RUN_AGAIN}`,
    });
    await expectToFinish(planted);
  });

  it('may be the reason where no answer comes within DATABASE_STATEMENT_TIMEOUT_MS', async () => {
    const planted = await plant(database, keys, ROWS);
    const hasty = { ...env, DATABASE_STATEMENT_TIMEOUT_MS: '1500' };
    const failure = await whileHolding(database, firstId(planted), () => failureOf(runHere([], hasty)));
    expect(failure.message).toBe(`a write failed: ${url.host} did not answer a statement within 1.5 s`);
    expect(failure.hint).toContain('look into pg_stat_activity; DATABASE_STATEMENT_TIMEOUT_MS sets the limit; then run');
    await expectToFinish(planted);
  });

  it.each([
    [
      'pg_cancel_backend',
      /^a write failed: the server cancelled a statement: .* user request \(57014\)$/u,
      /; if not, ask who cancelled it; then run/u,
    ],
    [
      'pg_terminate_backend',
      /^a write failed: the server ended the connection, .*: terminating connection due to administrator command \(57P01\)$/u,
      RUN_AGAIN,
    ],
  ])('while it waits, an administrator ends it with %s', async (end, message, hint) => {
    const planted = await plant(database, keys, ROWS);
    const failure = await whileHolding(database, firstId(planted), async () => {
      const run = runHere([], env);
      await somebodyWaits(database);
      await database.pool.query(
        `SELECT ${end}(pid) FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock' AND datname = current_database()`,
        [role],
      );
      return failureOf(run);
    });
    expect(failure.message).toMatch(message);
    expect(failure.hint).toMatch(hint);
    await expectToFinish(planted);
  });
});

describe('a login or a session that is refused', () => {
  it.each<[what: string, change: (login: URL) => void, message: string, hint: string]>([
    [
      'for a wrong password',
      (login) => {
        login.password = 'wrong';
      },
      `${url.host} refused user ${role}: password authentication failed for user "${role}" (28P01)`,
      `check the user and the password in DATABASE_URL${THEN_RUN_AGAIN}`,
    ],
    [
      'for an unknown database',
      (login) => {
        login.pathname = '/no_such_database';
      },
      `there is no database no_such_database on ${url.host}: database "no_such_database" does not exist (3D000)`,
      `check the database name in DATABASE_URL${THEN_RUN_AGAIN}`,
    ],
  ])('%s', async (_what, change, message, hint) => {
    const login = new URL(url);
    change(login);
    expect(await failureOf(runHere([], { ...env, DATABASE_URL: login.href }))).toEqual({ message, hint });
  });

  it('for too many connections of the role', async () => {
    const planted = await plant(database, keys, ROWS);
    await database.pool.query(`ALTER ROLE ${role} CONNECTION LIMIT 1`);
    const failure = await failureOf(runHere([], env));
    await database.pool.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    expect(failure.message).toBe(`${url.host} accepts no more connections: too many connections for role "${role}" (53300)`);
    expect(failure.hint).toBe(`close some connections or raise the limit: the tool needs three${THEN_RUN_AGAIN}`);
    await expectToFinish(planted);
  });

  it('for a limit that an administrator set to the role', async () => {
    const planted = await plant(database, keys, ROWS);
    await database.pool.query(`ALTER ROLE ${role} SET temp_file_limit = 0; ALTER ROLE ${role} SET work_mem = '64kB'`);
    const failure = await failureOf(runHere([], env));
    await database.pool.query(`ALTER ROLE ${role} RESET ALL`);
    expect(failure.message).toMatch(
      /^(a write failed: )?the server reached a configured limit: temporary file size exceeds "?temp_file_limit"? \(0kB\) \(53400\)$/u,
    );
    expect(failure.hint).toBe(`raise the limit that the message names: ALTER ROLE "${role}" SET …${THEN_RUN_AGAIN}`);
    await expectToFinish(planted);
  });
});

describe('a parameter of DATABASE_URL that would be ignored', () => {
  it.each([
    ['SCHEMA=tenant', 'has the unknown query parameter SCHEMA: known are application_name, '],
    ['search_path=tenant', 'has the unknown query parameter search_path: known are application_name, '],
    ['sslmode=nonsense', 'has an unknown value for sslmode: known are disable, no-verify, '],
  ])('is refused before anything is connected to: %s', async (parameter, problem) => {
    const { code, stderr } = await runHere([], { ...env, DATABASE_URL: `${url.href}?${parameter}` });
    expect(code, stderr).toBe(2);
    expect(stderr).toContain(`error: DATABASE_URL ${problem}`);
    expect(stderr).not.toContain('database:');
  });
});
