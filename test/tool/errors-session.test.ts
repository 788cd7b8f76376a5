import { describe, expect, it } from 'vitest';
import { useRole } from '../support/application/application-role.ts';
import { useDatabase } from '../support/table/database.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { newKeys, type Planted, plant } from '../support/table/witness.ts';
import { failureOf, RUN_AGAIN, THEN_RUN_AGAIN } from '../support/tool/failure-of.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 3;
const database = useDatabase();
const keys = newKeys();
const { role, url, env, set, expectToFinish } = useRole(database, keys);

function firstId({ plaintexts }: Planted): string {
  return [...plaintexts.keys()].sort()[0] ?? '';
}

describe('a row that another transaction holds', () => {
  it('is named as the reason if the role has a lock_timeout', async () => {
    const planted = await plant(database, keys, ROWS);
    await database.pool.query(`${set} lock_timeout = '200ms'`);
    const failure = await whileHolding(database, firstId(planted), () => failureOf(runHere([], env)));
    await database.pool.query(`${set} lock_timeout = 0`);
    expect(failure).toEqual({
      message:
        'a write failed: another transaction held the row or the table for longer than lock_timeout: canceling statement due to lock timeout (55P03)',
      hint: `end that transaction (pg_stat_activity and pg_blocking_pids() name it), or raise the lock_timeout of the role${THEN_RUN_AGAIN}`,
    });
    await expectToFinish(planted);
  });

  it('may be the reason if no answer comes within DATABASE_STATEMENT_TIMEOUT_MS', async () => {
    const planted = await plant(database, keys, ROWS);
    const hasty = { ...env, DATABASE_STATEMENT_TIMEOUT_MS: '1500' };
    const failure = await whileHolding(database, firstId(planted), () => failureOf(runHere([], hasty)));
    expect(failure.message).toBe(`a write failed: ${url.host} did not answer a statement within 1.5 s`);
    expect(failure.hint).toContain('look into pg_stat_activity: another transaction holds the row or the table, or ');
    expect(failure.hint).toContain('; DATABASE_STATEMENT_TIMEOUT_MS sets the limit; then run');
    await expectToFinish(planted);
  });

  it.each([
    [
      'pg_cancel_backend',
      /^a write failed: the server cancelled a statement: .* user request \(57014\)$/u,
      /; otherwise find out who cancelled it; then run/u,
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
    expect(failure.hint).toBe(
      `close some connections, raise the limit or lower --connections: the tool needs three, and with --connections N two more than N${THEN_RUN_AGAIN}`,
    );
    await expectToFinish(planted);
  });

  it('for a limit that an administrator set for the role', async () => {
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
    ['SCHEMA=tenant', 'has the unknown query parameter SCHEMA: known parameters are application_name, '],
    ['search_path=tenant', 'has the unknown query parameter search_path: known parameters are application_name, '],
    ['sslmode=nonsense', 'has an unknown value for sslmode: known values are disable, no-verify, '],
  ])('is refused before anything is connected to: %s', async (parameter, problem) => {
    const { code, stderr } = await runHere([], { ...env, DATABASE_URL: `${url.href}?${parameter}` });
    expect(code, stderr).toBe(2);
    expect(stderr).toContain(`error: DATABASE_URL ${problem}`);
    expect(stderr).not.toContain('database:');
  });
});
