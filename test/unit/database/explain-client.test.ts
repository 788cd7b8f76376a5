import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/database/explain.ts';
import { settingsOf } from '../../support/tool/settings.ts';

const settings = settingsOf('postgresql://operator:hunter2@db.example.com:6543/app');
const SERVER = 'db.example.com:6543';
const withCode = (code: string, message = 'words of Node') => Object.assign(new Error(message), { code });
const REPORT = 'if the same command fails this way again, report it with the message above';

describe('without an answer from the server', () => {
  it.each<[error: unknown, message: string | RegExp, hint: string | RegExp | null]>([
    [withCode('ENOTFOUND'), 'the host db.example.com cannot be resolved (ENOTFOUND)', /that this machine can resolve it/u],
    [withCode('ENOENT'), 'there is no server socket in db.example.com (ENOENT)', /check the host/u],
    [withCode('EACCES'), `this user may not connect to ${SERVER} (EACCES)`, /permissions/u],
    [withCode('ECONNREFUSED'), `nothing is listening on ${SERVER} (ECONNREFUSED)`, /check the host and port/u],
    [withCode('EHOSTUNREACH'), `no route to ${SERVER} (EHOSTUNREACH)`, /network/u],
    [withCode('ECONNRESET'), `the connection to ${SERVER} was cut (ECONNRESET)`, null],
    [withCode('ETIMEDOUT'), `${SERVER} did not answer (ETIMEDOUT)`, null],
    [new AggregateError([withCode('ECONNREFUSED')]), `nothing is listening on ${SERVER} (ECONNREFUSED)`, /port/u],
    [
      withCode('ERR_TLS_CERT_ALTNAME_INVALID'),
      /^the certificate of \S+ is for another host: words of Node \(ERR_TLS/u,
      /sslmode=verify-ca/u,
    ],
    [withCode('CERT_HAS_EXPIRED'), /^the certificate of \S+ is not currently valid: words of Node/u, /renew/u],
    [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), /^the certificate of \S+ cannot be verified: words of Node/u, /sslrootcert=FILE/u],
    [withCode('ERR_SSL_WRONG_VERSION_NUMBER'), /^no TLS connection to \S+ could be made: words of Node/u, /sslmode/u],
    [withCode('ERR_OSSL_PEM_NO_START_LINE'), /^no TLS connection to \S+ could be made: words of Node/u, /sslkey/u],
    [withCode('', 'Query read timeout'), `${SERVER} did not answer a statement within 10 s`, /pg_stat_activity/u],
    [withCode('', 'timeout expired'), `${SERVER} did not accept a connection within 10 s`, null],
    [withCode('', 'timeout exceeded when trying to connect'), `${SERVER} did not accept a connection within 10 s`, null],
    [
      new Error('Connection terminated due to connection timeout', { cause: new Error('Connection terminated unexpectedly') }),
      `${SERVER} did not accept a connection within 10 s`,
      null,
    ],
    [new Error('Connection terminated'), `the connection to ${SERVER} was lost`, null],
    [new Error('connection terminated'), `the connection to ${SERVER} was lost`, null],
    [new Error('Connection terminated unexpectedly'), `the connection to ${SERVER} was lost`, null],
    [new Error('Client was closed and is not queryable'), `the connection to ${SERVER} was lost`, null],
    [new Error('Client has encountered a connection error and is not queryable'), `the connection to ${SERVER} was lost`, null],
    [new Error('words', { cause: withCode('ECONNRESET') }), `the connection to ${SERVER} was cut (ECONNRESET)`, null],
    [
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      `${SERVER} requires a password for user operator`,
      /DATABASE_URL/u,
    ],
    [
      new Error('SASL: server signature does not match'),
      /^logging in to \S+ failed: SASL: server signature/u,
      /password of user/u,
    ],
    [
      new Error('The server does not support SSL connections'),
      `${SERVER} does not accept encrypted connections`,
      /sslmode=disable/u,
    ],
    [new Error('terminated by a rule'), 'terminated by a rule', REPORT],
    [new Error('timeout of something'), 'timeout of something', REPORT],
    [new Error(''), 'the database failed without giving a reason', null],
    ['no error', 'the database failed without giving a reason', null],
  ])('%s is explained by its code, or by the words of pg: "%s"', (error, message, hint) => {
    const explained = explain(error, settings);
    if (typeof message === 'string') expect(explained.message).toBe(message);
    else expect(explained.message).toMatch(message);
    if (hint === null) expect(explained.hint).toBeNull();
    else expect(explained.hint).toMatch(hint);
    expect(explained.refused).toBe(false);
    expect(`${explained.message} ${explained.hint}`).not.toContain('hunter2');
  });
});
