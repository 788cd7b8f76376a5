import { describe, expect, it } from 'vitest';
import { DatabaseError } from '../../../src/database/database-error.ts';
import { explain } from '../../../src/database/explain.ts';
import { CHANGED_ON_ITS_WAY } from '../../../src/database/swap-sql.ts';
import { newKey } from '../../support/application/application.ts';
import { settingsOf } from '../../support/tool/settings.ts';

const settings = settingsOf('postgresql://operator:hunter2@db.example.com:6543/app');
const SERVER = 'db.example.com:6543';
const said = 'what the server said';
/** As pg throws it: only errors of the server have a severity. */
const fromServer = (code: string, fields: object = {}) => Object.assign(new Error(said), { code, severity: 'ERROR', ...fields });
const inTrigger = { where: 'SQL statement "SELECT now() FROM \'PL/x\'"\nPL/pgSQL function app.audit() line 3 at SQL statement' };
const limit = (setting: string) => `lift the limit: ALTER ROLE "operator" IN DATABASE "app" SET ${setting} = 0`;

describe('an SQLSTATE selects the explanation, with the words of the server', () => {
  it.each<[error: Error, message: string | RegExp, hint: string | RegExp | null, refused: boolean]>([
    [fromServer('constructor'), `${said} (constructor)`, 'fix the problem named above', true],
    [fromServer('08000'), `a connection failed: ${said} (08000)`, null, false],
    [fromServer('08003'), `a connection failed: ${said} (08003)`, null, false],
    [fromServer('08006'), `a connection failed: ${said} (08006)`, null, false],
    [fromServer('08004'), `${SERVER} rejected the connection: ${said} (08004)`, 'fix the problem named above', false],
    [
      fromServer('08P01'),
      `${SERVER}, or a pooler in front of the server, ended the connection: ${said} (08P01)`,
      /pool_mode/u,
      false,
    ],
    [fromServer('08001', inTrigger), `${said} (08001 in function app.audit)`, /^look into function app.audit, /u, false],
    [fromServer('0A000'), `${said} (0A000)`, /DISABLE RULE/u, true],
    [fromServer('22012'), `${said} (22012)`, 'fix the problem named above', true],
    [
      fromServer('22012', inTrigger),
      `${said} (22012 in function app.audit)`,
      /^look into function app.audit, .*fix the cause, or disable/u,
      true,
    ],
    [
      fromServer('22P02', { message: `invalid input syntax for type integer: "${CHANGED_ON_ITS_WAY}"` }),
      /^a trigger on the table changed the value .*undone \(22P02\)$/u,
      /disable/u,
      true,
    ],
    [fromServer('22P02'), `${said} (22P02)`, 'fix the problem named above', true],
    [
      fromServer('22P02', inTrigger),
      `${said} (22P02 in function app.audit)`,
      /^look into function app.audit, .*fix the cause, or disable/u,
      true,
    ],
    [fromServer('23505'), `${said} (23505)`, 'fix the problem named above', true],
    [
      fromServer('23514', { constraint: 'c' }),
      `${said} (23514)`,
      /^change the data or constraint c so that they agree; if it says that every value has a key id, drop it/u,
      true,
    ],
    [
      fromServer('23514', { constraint: 'c', table: 't' }),
      `${said} (23514)`,
      /^change the data or constraint c of table t so that they agree; /u,
      true,
    ],
    [fromServer('25006'), `the database accepts no writes: ${said} (25006)`, /primary/u, true],
    [
      fromServer('25P03'),
      `the server ended a transaction that was idle for too long: ${said} (25P03)`,
      limit('idle_in_transaction_session_timeout'),
      true,
    ],
    [
      fromServer('25P04'),
      `the server ended a transaction that took too long: ${said} (25P04)`,
      limit('transaction_timeout'),
      true,
    ],
    [fromServer('26000'), `a pooler mixed up prepared statements: ${said} (26000)`, /max_prepared_statements/u, true],
    [fromServer('42P05'), `a pooler mixed up prepared statements: ${said} (42P05)`, /max_prepared_statements/u, true],
    [
      fromServer('28000'),
      `${SERVER} refused user operator: ${said} (28000)`,
      /not about the password: if .*"no encryption", add sslmode/u,
      true,
    ],
    [fromServer('28P01'), `${SERVER} refused user operator: ${said} (28P01)`, /password in DATABASE_URL/u, true],
    [fromServer('3D000'), `there is no database app on ${SERVER}: ${said} (3D000)`, /database name/u, true],
    [fromServer('40001'), `another transaction changed the same data: ${said} (40001)`, null, true],
    [fromServer('40003'), `another transaction changed the same data: ${said} (40003)`, null, false],
    [fromServer('40P01'), `the server ended a deadlock with another transaction: ${said} (40P01)`, null, true],
    [
      fromServer('42501'),
      `user operator lacks a privilege: ${said} (42501)`,
      /^GRANT the missing privilege to user operator, .* DATABASE_URL; if it is about row-level security, .* BYPASSRLS$/u,
      true,
    ],
    [
      fromServer('42501', inTrigger),
      `user operator lacks a privilege: ${said} (42501 in function app.audit)`,
      /make function app.audit SECURITY DEFINER$/u,
      true,
    ],
    [fromServer('42P01'), `${said} (42P01)`, 'fix the problem named above', true],
    [fromServer('53100'), `the server's disk is full: ${said} (53100)`, /disk space/u, true],
    [fromServer('53100', { severity: 'PANIC' }), `the server's disk is full: ${said} (53100)`, /disk space/u, false],
    [fromServer('53200'), `the server is out of memory: ${said} (53200)`, /--batch-size/u, true],
    [fromServer('53300'), `${SERVER} accepts no more connections: ${said} (53300)`, /needs three/u, true],
    [fromServer('53400'), `the server reached a configured limit: ${said} (53400)`, /ALTER ROLE "operator" SET/u, true],
    [fromServer('55000'), `${said} (55000)`, /REPLICA IDENTITY/u, true],
    [
      fromServer('55P03'),
      `another transaction held the row or the table for longer than lock_timeout: ${said} (55P03)`,
      /pg_blocking_pids/u,
      true,
    ],
    [
      fromServer('57014'),
      `the server cancelled a statement: ${said} (57014)`,
      /ALTER ROLE "operator" IN DATABASE "app" SET statement_timeout = 0/u,
      true,
    ],
    [fromServer('57P01'), `the server ended the connection, or is shutting down or starting up: ${said} (57P01)`, null, false],
    [fromServer('57P02'), `the server ended the connection, or is shutting down or starting up: ${said} (57P02)`, null, false],
    [fromServer('57P03'), `the server ended the connection, or is shutting down or starting up: ${said} (57P03)`, null, false],
    [fromServer('57P04'), `database app was dropped: ${said} (57P04)`, /database name/u, false],
    [
      fromServer('57P05'),
      `the server ended a connection that was idle for too long: ${said} (57P05)`,
      limit('idle_session_timeout'),
      false,
    ],
    [fromServer('58030'), `${said} (58030)`, "look for the cause in the server's log", true],
    [fromServer('P0001'), `${said} (P0001)`, 'fix the problem named above', true],
    [
      fromServer('P0001', inTrigger),
      `${said} (P0001 in function app.audit)`,
      /^look into function app.audit, .*fix the cause, or disable/u,
      true,
    ],
    [fromServer('XX000'), `${said} (XX000)`, "look for the cause in the server's log", true],
    [fromServer('XX001'), `data on the server is corrupted: ${said} (XX001)`, /amcheck.*REINDEX/u, true],
    [fromServer('XX002'), `an index on the server is corrupted: ${said} (XX002)`, /amcheck.*REINDEX INDEX/u, true],
    // Codes that RAISE may use, and that are others' too.
    [fromServer('EPIPE'), `${said} (EPIPE)`, 'fix the problem named above', true],
    [fromServer('P1017'), `${said} (P1017)`, 'fix the problem named above', true],
  ])('%s: "%s"', (error, message, hint, refused) => {
    const explained = explain(error, settings);
    if (typeof message === 'string') expect(explained.message).toBe(message);
    else expect(explained.message).toMatch(message);
    if (hint === null) expect(explained.hint).toBeNull();
    else expect(explained.hint).toMatch(hint);
    expect(explained.refused).toBe(refused);
  });

  it.each(['timeout of the subscription', 'connection terminated', 'closed', 'the change window has ended', 'read ECONNRESET'])(
    'is not mistaken for something else because of its text: %s',
    (text) => {
      const { message, hint } = explain(fromServer('P0001', { message: text }), settings);
      expect([message, hint]).toEqual([`${text} (P0001)`, 'fix the problem named above']);
    },
  );

  it('suggests sslmode only without TLS', () => {
    const encrypted = settingsOf('postgresql://operator:hunter2@db.example.com/app?sslmode=require');
    expect(explain(fromServer('28000'), encrypted).hint).not.toContain('sslmode');
  });

  it.each([
    ['PL/pgSQL function refuse() line 1 at RAISE', 'refuse'],
    ['PL/pgSQL-Funktion pg_temp_3.refuse(integer) Zeile 1 bei RAISE', 'pg_temp_3.refuse'],
    ['SQL statement "SELECT secret(1)"', null],
    ['SQL statement "SELECT \'PL/pgSQL function secret()\'"', null],
  ])('names the function in "%s", and nothing else of it', (where, name) => {
    const { message } = explain(fromServer('P0001', { where, detail: 'Failing row contains (secret).' }), settings);
    expect(message).toBe(name === null ? `${said} (P0001)` : `${said} (P0001 in function ${name})`);
  });

  it('shows neither the detail nor a key or password in the message', () => {
    const error = fromServer('P0001', { message: `value ${newKey()} refused, password=hush`, detail: 'secret' });
    expect(explain(error, settings).message).toBe('value [masked] refused, password=[masked] (P0001)');
  });

  it('says so if the server said nothing', () => {
    expect(explain(fromServer('P0001', { message: '' }), settings).message).toBe('the server gave no reason (P0001)');
  });

  it('is left as it is if it has already been explained', () => {
    const error = new DatabaseError('known', null);
    expect(explain(error, settings)).toBe(error);
  });
});
