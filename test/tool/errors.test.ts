import { describe, expect, it } from 'vitest';
import { useRole } from '../support/application/application-role.ts';
import { useDatabase } from '../support/table/database.ts';
import { count, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { failureOf, THEN_RUN_AGAIN, type ToolFailure } from '../support/tool/failure-of.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 3;
const database = useDatabase();
const keys = newKeys();
const { role, env, set, expectToFinish } = useRole(database, keys);

function trigger(functionName: string, body: string): string {
  return `CREATE FUNCTION ${functionName}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$;
    CREATE TRIGGER ${functionName} BEFORE UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION ${functionName}()`;
}

const lookInto = (functionName: string) =>
  `look into function ${functionName}, which failed or refused the write, and fix the cause, or disable its trigger during the rotation`;
const grant = `GRANT the missing privilege to user ${role}, or use a role that has it in DATABASE_URL`;

interface Refusal extends ToolFailure {
  readonly what: string;
  readonly setUp: string;
  readonly undo: string;
}

describe('a write that the database refuses is explained correctly', () => {
  it.each<Refusal>([
    {
      what: 'a CHECK constraint with "ended" in its name',
      setUp: `ALTER TABLE user_api_keys ADD CONSTRAINT user_api_keys_suspended_check CHECK (provider = 'none') NOT VALID`,
      message: 'new row for relation "user_api_keys" violates check constraint "user_api_keys_suspended_check" (23514)',
      hint: 'change the data or constraint user_api_keys_suspended_check of table user_api_keys so that they agree; if it says that every value has a key id, drop it, run this command again, then rotate, which sets the key ids, and add it again',
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
      hint: 'if a rule on the table is the cause, disable it during the rotation: ALTER TABLE … DISABLE RULE …; if a cached plan is the cause, the table was altered during this run; if the server is a standby, point DATABASE_URL at the primary',
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
      setUp: `${set} statement_timeout = '1s'; ${trigger('linger', 'PERFORM pg_sleep(600)')}`,
      message: 'the server cancelled a statement: canceling statement due to statement timeout (57014 in function linger)',
      hint: `if the message names the statement timeout, lift the limit: ${set} statement_timeout = 0 (it is the server's, not DATABASE_STATEMENT_TIMEOUT_MS); otherwise find out who cancelled it`,
      undo: `DROP FUNCTION linger CASCADE; ${set} statement_timeout = 0`,
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
