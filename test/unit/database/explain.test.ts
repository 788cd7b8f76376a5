import { describe, expect, it } from 'vitest';
import { DatabaseError } from '../../../src/database/database-error.ts';
import { explain } from '../../../src/database/explain.ts';
import { newKey } from '../../support/application.ts';
import { settingsOf } from '../../support/settings.ts';

const settings = settingsOf('postgresql://operator:hunter2@db.example.com:6543/app');
const fromServer = (code: string, message = 'what the server said') => Object.assign(new Error(message), { code });
const fromPrisma = (cause: object) => Object.assign(new Error('Invalid invocation'), { meta: { driverAdapterError: { cause } } });

describe('an error of the database', () => {
  it.each<[error: unknown, message: string | RegExp, hint: string | RegExp | null, refused: boolean]>([
    [fromServer('ECONNREFUSED'), /^nothing accepts connections on db.example.com:6543/u, /check the host and port/u, false],
    [fromServer('ECONNRESET'), /^the connection to db.example.com:6543 was cut/u, null, false],
    [fromServer('ENOENT'), /^there is no socket of a server/u, /check the host/u, false],
    [fromServer('28P01'), /^db.example.com:6543 refuses user operator/u, /password/u, true],
    [fromServer('3D000'), /^there is no database app on/u, /database name/u, true],
    [fromServer('25006'), /read-only or a standby/u, /primary/u, true],
    [fromServer('57P01'), /^the server ended the connection/u, null, false],
    [fromServer('08006'), /^what the server said/u, null, false],
    [fromServer('22012'), /^a trigger on the table puts something else into the row/u, /disable that trigger/u, true],
    [fromServer('23514', 'violates a check'), 'violates a check (23514)', 'mend what the message names', true],
    [fromServer('P0001', 'not this one'), 'not this one (P0001)', null, true],
    [fromServer('P1017', 'closed'), /^the connection to db.example.com:6543 was lost/u, null, false],
    [fromPrisma({ originalCode: '42501', originalMessage: 'permission denied' }), /lacks a privilege/u, /GRANT/u, true],
    [fromPrisma({ kind: 'postgres', code: '40001', message: 'could not serialize' }), 'could not serialize (40001)', null, true],
    [new Error('Query read timeout'), /did not answer a statement within 10 s/u, /pg_stat_activity/u, false],
    [new Error('timeout expired'), /did not accept a connection within 10 s/u, null, false],
    [new Error('Connection terminated unexpectedly'), /was lost/u, null, false],
    [new Error('SASL: client password must be a string'), /wants a password for user operator/u, /DATABASE_URL/u, false],
    [new Error('The server does not support SSL connections'), /takes no encrypted connections/u, /sslmode=disable/u, false],
    [new AggregateError([fromServer('ECONNREFUSED')]), /^nothing accepts connections/u, /check/u, false],
    [new Error(''), 'the database failed without saying why', null, false],
  ])('%s is explained', (error, message, hint, refused) => {
    const explained = explain(error, settings);
    expect(explained.message).toMatch(message);
    if (hint === null) expect(explained.hint).toBeNull();
    else expect(explained.hint).toMatch(hint);
    expect(explained.refused).toBe(refused);
    expect(`${explained.message} ${explained.hint}`).not.toContain('hunter2');
  });

  it('is left as it is where it has been explained already', () => {
    const error = new DatabaseError('known', null);
    expect(explain(error, settings)).toBe(error);
  });

  it('shows no key that stands in what the server said', () => {
    const key = newKey();
    expect(explain(fromServer('P0001', `value ${key} refused`), settings).message).toBe('value [masked] refused (P0001)');
  });
});
